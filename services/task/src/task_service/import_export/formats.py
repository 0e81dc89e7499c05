"""Which format a file has, and reading it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import orjson

from task_service.import_export import (
    csv_file,
    google_tasks,
    ical_reader,
    microsoft_todo,
    todo_json,
    todoist,
    vikunja,
)
from task_service.import_export.archives import is_packed, unpack_file
from task_service.import_export.limits import MAX_BYTES
from task_service.import_export.parsed_file import ParsedFile, UnreadableFile
from task_service.import_export.text_decoding import decode_text
from task_service.quickadd import Calendar

__all__ = ["Format", "is_packed", "read_file"]

Format = Literal[
    "todo-json", "vikunja-json", "todoist-csv", "csv", "icalendar", "google-tasks", "microsoft-todo"
]
_DATA, _FILTERS = "data.json", "filters.json"


def read_file(body: bytes, format: Format | None, project: str | None, calendar: Calendar) -> ParsedFile:
    """What is in `body`, packed or not.

    project: name of the project for the tasks of a file that has none.
    calendar: what dates in words are read against.
    Raises `UnreadableFile`.
    """
    source = _read_unpacked(unpack_file(body), format, project, calendar)
    if not source.tasks and not source.projects:
        raise UnreadableFile("The file contains no tasks.")
    return source


def _read_unpacked(
    files: Mapping[str, bytes], format: Format | None, project: str | None, calendar: Calendar
) -> ParsedFile:
    names = {name.rpartition("/")[2].lower(): name for name in files}
    if _DATA in names and format in (None, "vikunja-json"):
        filters = _parse_json(_decode_member(files[names[_FILTERS]])[0]) if _FILTERS in names else None
        return vikunja.parse_document(_parse_json(_decode_member(files[names[_DATA]])[0]), calendar, filters)
    tables = {name: files[name] for name in files if name.lower().endswith(".csv")}
    if tables and len(tables) == len(files) and format in (None, "todoist-csv"):
        return (
            _read_todoist_backup(tables, calendar)
            if _is_todoist_backup(tables)
            else _read_single_file(files, format, project, calendar)
        )
    return _read_single_file(files, format, project, calendar)


def _read_single_file(
    files: Mapping[str, bytes], format: Format | None, project: str | None, calendar: Calendar
) -> ParsedFile:
    if len(files) > 1:
        shown = ", ".join(sorted(files)[:10])[:300]
        raise UnreadableFile(
            f"This archive is not in a known format; it contains {shown}. Send one of its files."
        )
    (body,) = files.values()
    if len(body) > MAX_BYTES:
        raise UnreadableFile(f"The file has more than {MAX_BYTES // 1024 // 1024} MiB.")
    text, warning = _decode_member(body)
    source = _READERS[format or _detect_format(text)](text, project, calendar)
    if warning:
        source.report.add("file", warning)
    return source


def _read_todoist_backup(tables: Mapping[str, bytes], calendar: Calendar) -> ParsedFile:
    texts = {name: _decode_member(body) for name, body in tables.items()}
    source = todoist.parse_backup({name: text for name, (text, _) in texts.items()}, calendar)
    for name, (_, warning) in texts.items():
        if warning:
            source.report.add(name[:80], warning)
    return source


def _is_todoist_backup(tables: Mapping[str, bytes]) -> bool:
    return all(todoist.matches_format(_decode_member(body)[0]) for body in tables.values())


def _decode_member(body: bytes) -> tuple[str, str]:
    return decode_text(body)


def _detect_format(text: str) -> Format:
    start = text[:4096].lstrip()
    if start[:1] in ("{", "["):
        return _detect_json_format(_parse_json(text))
    if start[:15].upper() == "BEGIN:VCALENDAR":
        return "icalendar"
    return "todoist-csv" if todoist.matches_format(text) else "csv"


def _detect_json_format(document: Any) -> Format:
    for format, is_one in _JSON_DETECTORS.items():
        if is_one(document):
            return format
    raise UnreadableFile(
        "This JSON is not in a known format: our own export, Vikunja's data.json, Google Takeout's "
        "Tasks.json, or Microsoft To Do's lists from Graph."
    )


def _parse_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "memory" in str(error):
            raise MemoryError from error
        raise UnreadableFile(f"The file is not JSON: {error}") from error


_JSON_DETECTORS: Mapping[Format, Callable[[Any], bool]] = {
    "todo-json": todo_json.matches_format,
    "vikunja-json": vikunja.matches_format,
    "google-tasks": google_tasks.matches_format,
    "microsoft-todo": microsoft_todo.matches_format,
}
_READERS: Mapping[Format, Callable[[str, str | None, Calendar], ParsedFile]] = {
    "todo-json": lambda text, _project, _calendar: todo_json.parse_document(_parse_json(text)),
    "vikunja-json": lambda text, _project, calendar: vikunja.parse_document(
        _parse_json(text), calendar, None
    ),
    "google-tasks": lambda text, _project, calendar: google_tasks.parse_document(_parse_json(text), calendar),
    "microsoft-todo": lambda text, _project, calendar: microsoft_todo.parse_document(
        _parse_json(text), calendar
    ),
    "icalendar": ical_reader.parse_calendar,
    "todoist-csv": todoist.parse_csv,
    "csv": csv_file.parse_csv,
}
