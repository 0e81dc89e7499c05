"""Whatever a file holds, reading it ends in tasks and a report or in a refusal, and grows with the file."""

import json
import time
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from task_service.import_export.nesting import resolve_nesting
from task_service.import_export.parsed_file import Owner, UnreadableFile
from task_service.import_export.plan import collect_possible_ids
from task_service.import_export.preparation import Preparation, ResolvedStructure

from services.task.tests.unit.import_export.files import ALL, JSON, read, zipped

ADA = Owner("ada", "Europe/Berlin")
NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        10**18,
        10**30,
        1.5,
        -1e300,
        "",
        "x",
        "abc",
        "9" * 5000,
        "9999-12-31T23:59:59-12:00",
    ),
    *("0001-01-01T00:00:00Z", [], [1], ["x"], [None], {}, {"a": 1}, [[]], [{}], "\u0000", "2026-12-03"),
]
QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=20)


def outcome(body: bytes) -> int:
    """How many tasks come of it, or -1 for a refusal. Anything else is a defect."""
    try:
        source = read(body)
    except UnreadableFile:
        return -1
    collect_possible_ids(ADA.user_id, source)
    preparation = Preparation(source, ADA, set(), NOW)
    outlook = preparation.summarize()
    assert (
        sum(len(chunk.ids) for chunk in preparation.iterate_chunks(ResolvedStructure(), 100)) == outlook.new
    )
    return outlook.new


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in inner for each in paths(item, (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = deepcopy(document)
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return copy


class TestBytes:
    @given(st.binary(max_size=400))
    @QUICK
    def test_any_bytes_are_read_or_rejected(self, body: bytes) -> None:
        outcome(body)

    @pytest.mark.parametrize("name", sorted(ALL))
    @given(data=st.data())
    @QUICK
    def test_broken_files_are_read_or_rejected(self, name: str, data: st.DataObject) -> None:
        body = bytearray(ALL[name])
        for _ in range(data.draw(st.integers(1, 4))):
            body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        outcome(bytes(body[: data.draw(st.integers(1, len(body)))]))
        outcome(bytes(body))

    @pytest.mark.parametrize("name", sorted(ALL))
    def test_whole_files_are_read(self, name: str) -> None:
        assert outcome(ALL[name]) > 0


class TestTypes:
    @pytest.mark.parametrize("name", sorted(JSON))
    def test_any_type_in_any_field_is_read(self, name: str) -> None:
        for path in paths(JSON[name]):
            for value in VALUES:
                outcome(json.dumps(replaced(JSON[name], path, value)).encode())

    @given(st.text("ab,;\t|\"'\n=-0123456789/.:TZ# \u20ac", max_size=200))
    @example("title,priority\nx," + "9" * 5000)
    @QUICK
    def test_any_table_is_read_or_rejected(self, text: str) -> None:
        outcome(f"title,due,priority,done\n{text}".encode())


def chain(count: int) -> bytes:
    tasks = [{"id": str(n), "title": "t", "parent_id": str(n + 1)} for n in range(count)]
    return json.dumps({"format": "todo", "version": 1, "tasks": tasks}).encode()


def folders(count: int) -> bytes:
    projects = [{"id": str(n), "name": f"p{n}", "parent_id": str(n + 1)} for n in range(min(count, 999))]
    tasks = [{"id": str(n), "title": "t"} for n in range(count)]
    return json.dumps({"format": "todo", "version": 1, "projects": projects, "tasks": tasks}).encode()


def rows(count: int) -> bytes:
    return b"title,due,tags\n" + b"".join(b"t,%d.12.2026,a%d\n" % (n % 28 + 1, n % 50) for n in range(count))


def indented(count: int) -> bytes:
    return b"TYPE,CONTENT,INDENT\n" + b"".join(b"task,t%d,%d\n" % (n, n % 12) for n in range(count))


def todos(count: int) -> bytes:
    entry = "BEGIN:VTODO\r\nUID:{0}\r\nSUMMARY:t\r\nRELATED-TO:{1}\r\nEND:VTODO\r\n"
    inner = "".join(entry.format(n, n + 1) for n in range(count))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inner}END:VCALENDAR\r\n".encode()


def google(count: int) -> bytes:
    items = [{"id": str(n), "title": "t", "parent": str(n + 1)} for n in range(count)]
    return json.dumps({"kind": "tasks#taskLists", "items": [{"id": "L", "items": items}]}).encode()


def microsoft(count: int) -> bytes:
    tasks = [{"id": str(n), "title": "t", "status": "notStarted"} for n in range(count)]
    return json.dumps({"value": [{"displayName": "L", "tasks": tasks}]}).encode()


def vikunja(count: int) -> bytes:
    tasks = [{"id": n, "title": "t", "related_tasks": {"subtask": [{"id": n + 1}]}} for n in range(count)]
    return json.dumps([{"id": 1, "title": "P", "tasks": tasks}]).encode()


def backup(count: int) -> bytes:
    return zipped({"P [1].csv": indented(count)})


class TestGrowth:
    @pytest.mark.parametrize(
        "make", [chain, folders, rows, indented, todos, google, microsoft, vikunja, backup]
    )
    def test_reading_time_grows_with_the_file(self, make: Callable[[int], bytes]) -> None:
        """Twice the file takes less than three times as long, four times the file less than nine times."""
        took = [min(seconds(make(count)) for _ in range(2)) for count in (200, 400, 800)]
        assert took[2] < 9 * took[0] + 0.05

    def test_long_names_take_linear_time(self) -> None:
        took = [seconds(b"title\n" + b"x " * count) for count in (20_000, 80_000)]
        assert took[1] < 9 * took[0] + 0.1

    def test_chain_of_parents_takes_linear_time(self) -> None:
        parents: dict[str, str | None] = {str(n): str(n + 1) for n in range(200_000)}
        began = time.process_time()
        assert len(resolve_nesting(parents, 10)) == 200_000
        assert time.process_time() - began < 5


def seconds(body: bytes) -> float:
    """Of the processor."""
    began = time.process_time()
    assert outcome(body) > 0
    return time.process_time() - began
