"""Text with separators as a table: which separator, and which line names the columns."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from task_service.import_export.limits import MAX_BYTES, MAX_COLUMNS
from task_service.import_export.parsed_file import FileTooLarge, UnreadableFile

SEPARATORS = ",;\t|"
SAMPLE = 100
"""Rows that are compared to find the separator."""
PREAMBLE = 20
"""Rows that may stand before the one that names the columns."""
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?\r?\n', re.I)

IsHeader = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, and the rows below, each with the line it ends in."""

    names: Sequence[str]
    line: int
    rows: Iterator[tuple[int, Sequence[str]]]


def read_table(text: str, is_head: IsHeader) -> Table:
    """is_head: whether a row can name columns. Raises `UnreadableFile`."""
    text = text.removeprefix("\ufeff")
    match = _SEPARATOR_LINE.match(text)
    start = 1 if match else 0
    body = text[match.end() :] if match else text
    separator = match[1] if match else _guess_separator(body, is_head)
    rows = _iterate_rows(body, separator, start)
    first: tuple[int, Sequence[str]] = (1, [])
    for number, found in enumerate(islice(rows, PREAMBLE)):
        first = first if number else found
        if is_head(found[1]):
            if len(found[1]) > MAX_COLUMNS:
                raise FileTooLarge("columns", MAX_COLUMNS)
            return Table(found[1], found[0], rows)
    names = ", ".join(f"“{name.strip()[:40]}”" for name in first[1][:20])
    raise UnreadableFile(
        "No column is the title. A line at the top has to name the columns, one of them Title, Task, Name or "
        f"Subject; line {first[0]} has {names or 'none'}."
    )


def _guess_separator(text: str, is_head: IsHeader) -> str:
    """The one by which most rows have as many cells as the row that names the columns."""
    return max(SEPARATORS, key=lambda separator: _measure_consistency(text, separator, is_head))


def _measure_consistency(text: str, separator: str, is_head: IsHeader) -> tuple[bool, float, int]:
    rows = [row for _, row in islice(_iterate_rows(text, separator, 0), SAMPLE) if any(row)]
    head = next((place for place, row in enumerate(rows[:PREAMBLE]) if is_head(row)), None)
    if head is None:
        return False, 0, 0
    width = len(rows[head])
    below = rows[head + 1 :]
    same = sum(len(row) == width for row in below) / len(below) if below else 1
    return True, same if width > 1 else 0, width


def _iterate_rows(text: str, separator: str, start: int) -> Iterator[tuple[int, Sequence[str]]]:
    csv.field_size_limit(MAX_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise UnreadableFile(
                f"Line {rows.line_num + start} of the CSV can't be read: {error}."
            ) from error
        if row is None:
            return
        yield rows.line_num + start, row
