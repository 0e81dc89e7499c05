"""Values out of a file of JSON, where every field can be of every type."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from task_service.import_export.parsed_file import ImportReport, parse_integer

Json = Mapping[str, Any]


def as_text(value: Any) -> str:
    """Text, or a number as text; nothing of anything else."""
    if isinstance(value, str):
        return value
    number = parse_integer(value)
    return str(number) if number is not None else ""


def iterate_objects(holder: Any, name: str, where: str, report: ImportReport) -> Iterator[Json]:
    """The objects in the list of that name; what is none is told."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if value is None:
        return
    if not isinstance(value, list):
        report.add(where, f"Skipped: {name} (it is not a list).")
        return
    for each in value:
        if isinstance(each, Mapping):
            yield each
        else:
            report.add(where, f"Skipped: what is not an object in {name}.")


def report_unsupported(holder: Json, lost: Mapping[str, str], where: str, report: ImportReport) -> None:
    """Say of each field that has something what it was. lost: name of the field → what it holds."""
    for name, what in lost.items():
        if holder.get(name):
            report.add(where, f"Not imported: {what}.")


def report_wrong_types(
    holder: Json, types: Mapping[str, type | tuple[type, ...]], where: str, report: ImportReport
) -> None:
    """Say of each field that is of another type than it should be that it is left out."""
    for name, kind in types.items():
        value = holder.get(name)
        is_wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if value is not None and is_wrong:
            report.add(where, f"Skipped: {name} (wrong type).")


def report_unknown(holder: Json, known: Collection[str], where: str, report: ImportReport) -> None:
    """Say of each field that means nothing here, and has something, that it is left out."""
    for name, value in holder.items():
        if value and name not in known and not name.startswith("@"):
            report.add(where, f"Skipped: “{name[:40]}”.")
