"""Values out of a file of JSON, where every field can be of every type."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from task_service.import_export.parsed_file import Report, whole_number

Json = Mapping[str, Any]


def text(value: Any) -> str:
    """Text, or a number as text; nothing of anything else."""
    if isinstance(value, str):
        return value
    number = whole_number(value)
    return str(number) if number is not None else ""


def objects(holder: Any, name: str, where: str, report: Report) -> Iterator[Json]:
    """The objects in the list of that name; what is none is told."""
    value = holder.get(name) if isinstance(holder, Mapping) else None
    if value is None:
        return
    if not isinstance(value, list):
        report.say(where, f"Left out: {name} (it is not a list).")
        return
    for each in value:
        if isinstance(each, Mapping):
            yield each
        else:
            report.say(where, f"Left out: what is no object in {name}.")


def tell_lost(holder: Json, lost: Mapping[str, str], where: str, report: Report) -> None:
    """Say of each field that has something what it was. lost: name of the field → what it holds."""
    for name, what in lost.items():
        if holder.get(name):
            report.say(where, f"Not taken over: {what}.")


def tell_types(
    holder: Json, types: Mapping[str, type | tuple[type, ...]], where: str, report: Report
) -> None:
    """Say of each field that is of another type than it should be that it is left out."""
    for name, kind in types.items():
        value = holder.get(name)
        is_wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if value is not None and is_wrong:
            report.say(where, f"Left out: {name} (it is of a wrong type).")


def tell_unknown(holder: Json, known: Collection[str], where: str, report: Report) -> None:
    """Say of each field that means nothing here, and has something, that it is left out."""
    for name, value in holder.items():
        if value and name not in known and not name.startswith("@"):
            report.say(where, f"Left out: “{name[:40]}”.")
