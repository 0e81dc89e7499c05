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
from task_service.import_export.archives import is_packed, unpack
from task_service.import_export.limits import MAX_BYTES
from task_service.import_export.parsed_file import Source, Unreadable
from task_service.import_export.text_decoding import decode
from task_service.quickadd import Calendar

__all__ = ["Format", "is_packed", "read"]

Format = Literal[
    "todo-json", "vikunja-json", "todoist-csv", "csv", "icalendar", "google-tasks", "microsoft-todo"
]
_DATA, _FILTERS = "data.json", "filters.json"


def read(body: bytes, format: Format | None, project: str | None, calendar: Calendar) -> Source:
    """What is in `body`, packed or not.

    project: name of the project for the tasks of a file that has none.
    calendar: what dates in words are read against.
    Raises `Unreadable`.
    """
    source = _read(unpack(body), format, project, calendar)
    if not source.tasks and not source.projects:
        raise Unreadable("There is no task in this file.")
    return source


def _read(
    files: Mapping[str, bytes], format: Format | None, project: str | None, calendar: Calendar
) -> Source:
    names = {name.rpartition("/")[2].lower(): name for name in files}
    if _DATA in names and format in (None, "vikunja-json"):
        filters = _json(_text(files[names[_FILTERS]])[0]) if _FILTERS in names else None
        return vikunja.read(_json(_text(files[names[_DATA]])[0]), calendar, filters)
    tables = {name: files[name] for name in files if name.lower().endswith(".csv")}
    if tables and len(tables) == len(files) and format in (None, "todoist-csv"):
        return _backup(tables, calendar) if _are_todoists(tables) else _only(files, format, project, calendar)
    return _only(files, format, project, calendar)


def _only(
    files: Mapping[str, bytes], format: Format | None, project: str | None, calendar: Calendar
) -> Source:
    if len(files) > 1:
        shown = ", ".join(sorted(files)[:10])[:300]
        raise Unreadable(f"The archive is none that is known here; it has {shown}. Send one of its files.")
    (body,) = files.values()
    if len(body) > MAX_BYTES:
        raise Unreadable(f"The file has more than {MAX_BYTES // 1024 // 1024} MiB.")
    text, told = _text(body)
    source = _READERS[format or _guess(text)](text, project, calendar)
    if told:
        source.report.say("file", told)
    return source


def _backup(tables: Mapping[str, bytes], calendar: Calendar) -> Source:
    texts = {name: _text(body) for name, body in tables.items()}
    source = todoist.read_backup({name: text for name, (text, _) in texts.items()}, calendar)
    for name, (_, told) in texts.items():
        if told:
            source.report.say(name[:80], told)
    return source


def _are_todoists(tables: Mapping[str, bytes]) -> bool:
    return all(todoist.is_one(_text(body)[0]) for body in tables.values())


def _text(body: bytes) -> tuple[str, str]:
    return decode(body)


def _guess(text: str) -> Format:
    start = text[:4096].lstrip()
    if start[:1] in ("{", "["):
        return _guess_json(_json(text))
    if start[:15].upper() == "BEGIN:VCALENDAR":
        return "icalendar"
    return "todoist-csv" if todoist.is_one(text) else "csv"


def _guess_json(document: Any) -> Format:
    for format, is_one in _SHAPES.items():
        if is_one(document):
            return format
    raise Unreadable(
        "This JSON is none that is known here: our own export, Vikunja's data.json, Google Takeout's "
        "Tasks.json, or Microsoft To Do's lists from Graph."
    )


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "memory" in str(error):
            raise MemoryError from error
        raise Unreadable(f"The file is not JSON: {error}") from error


_SHAPES: Mapping[Format, Callable[[Any], bool]] = {
    "todo-json": todo_json.is_one,
    "vikunja-json": vikunja.is_one,
    "google-tasks": google_tasks.is_one,
    "microsoft-todo": microsoft_todo.is_one,
}
_READERS: Mapping[Format, Callable[[str, str | None, Calendar], Source]] = {
    "todo-json": lambda text, _project, _calendar: todo_json.read(_json(text)),
    "vikunja-json": lambda text, _project, calendar: vikunja.read(_json(text), calendar, None),
    "google-tasks": lambda text, _project, calendar: google_tasks.read(_json(text), calendar),
    "microsoft-todo": lambda text, _project, calendar: microsoft_todo.read(_json(text), calendar),
    "icalendar": ical_reader.read,
    "todoist-csv": todoist.read,
    "csv": csv_file.read,
}
