"""Which format a file has, and reading it."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

import orjson

from task_service.quickadd import Calendar
from task_service.transfer import own, spreadsheet, todoist, vikunja
from task_service.transfer.source import Source, Unreadable

Format = Literal["todo-json", "vikunja-json", "todoist-csv", "csv"]
MAX_BYTES = 32 * 1024 * 1024
"""Of a file when it is no longer packed."""
_MEMBER = "data.json"


def unpacked(body: bytes) -> bytes:
    """`body` out of gzip, or the `data.json` of a zip archive (as Vikunja exports). Raises `Unreadable`."""
    try:
        if body.startswith(b"\x1f\x8b"):
            return _limited(gzip.GzipFile(fileobj=io.BytesIO(body)))
        if body.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(_MEMBER) as member:
                return _limited(member)
    except (OSError, EOFError, KeyError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise Unreadable(f"The packed file can't be opened: {error}") from error
    return body


def read(body: bytes, format: Format | None, project: str | None, calendar: Calendar) -> Source:
    """What is in the unpacked `body`.

    project: name of the project for the tasks of a file that has none.
    calendar: what dates in words are read against.
    Raises `Unreadable`.
    """
    text = _text(body)
    named = format or _guess(text)
    source = _READERS[named](text, project, calendar)
    if not source.tasks and not source.projects:
        raise Unreadable("There is no task in this file.")
    return source


def _limited(file: Any) -> bytes:
    found: bytes = file.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        raise Unreadable(f"The file has more than {MAX_BYTES // 1024 // 1024} MiB.")
    return found


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not UTF-8 text.") from error


def _guess(text: str) -> Format:
    start = text.lstrip()[:1]
    if start == "{":
        return "todo-json"
    if start == "[":
        return "vikunja-json"
    columns = {name.strip().strip('"').upper() for name in text.partition("\n")[0].split(",")}
    return "todoist-csv" if {"TYPE", "CONTENT"} <= columns else "csv"


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"The file is not JSON: {error}") from error


_READERS: Mapping[Format, Callable[[str, str | None, Calendar], Source]] = {
    "todo-json": lambda text, _project, _calendar: own.read(_json(text)),
    "vikunja-json": lambda text, _project, calendar: vikunja.read(_json(text), calendar),
    "todoist-csv": todoist.read,
    "csv": spreadsheet.read,
}
