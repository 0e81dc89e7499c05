"""The rows an import writes past the session: those the session would write of the same task, by the same
rules."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.events import contract_event
from task_service.import_export.new_task import NewTask
from task_service.import_export.parsed_file import Owner
from task_service.import_export.rows import COLUMNS, SNAPSHOT_FIELDS, build_chunk
from task_service.models import Task
from task_service.quotas import recorder as quotas
from task_service.search_index import recorder as search_index
from task_service.tasks import due
from task_service.tasks.recurrence_settings import DEFAULTS
from task_service.unit_of_work.written import Written, collect_events

from contracts.event import CloudEvent
from contracts.names import App
from contracts.task import TaskCreated, TaskSnapshot
from servicekit.persistence.deferred_inserts import DEFERRED, DeferredInsert
from servicekit.security.auth import Agent, Principal

MADE_THERE = {"id", "event_id", "recorded_at", "time", "traceparent", "traceid"}
"""Other ones each time; a trace only where this process records some. That the rows of an import begin none
is held below."""
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
names = st.text("abcÄßé漢🎉 \"\\\n'", min_size=1, max_size=8)
instants = st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 1 < moment.year < 9999)
whole_instants = instants.map(lambda moment: moment.replace(microsecond=0))
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))
reminders = st.one_of(
    st.integers(0, 525_600).map(lambda minutes: {"minutes_before": minutes}),
    whole_instants.map(lambda moment: {"at": orjson.dumps(moment, option=orjson.OPT_UTC_Z).decode()[1:-1]}),
)
rules = st.tuples(
    st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;COUNT=3"]),
    st.sampled_from(["due", "completion"]),
    st.sampled_from(["clamp", "skip"]),
    st.sampled_from(["skip", "all"]),
).map(lambda values: dict(zip(DEFAULTS, values, strict=True)))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


new_tasks = st.builds(
    NewTask,
    id=st.uuids().map(str),
    user_id=st.just("ada"),
    title=texts.filter(len),
    notes=texts,
    done=st.booleans(),
    priority=st.integers(0, 4),
    labels=st.lists(names, unique=True, max_size=4),
    project_id=maybe(st.uuids().map(str)),
    parent_id=maybe(st.uuids().map(str)),
    subtasks_done=st.integers(0, 3),
    subtasks_total=st.integers(0, 3),
    due_date=maybe(st.dates()),
    due_time=maybe(clocks),
    time_zone=maybe(st.sampled_from(["Europe/Berlin", "Asia/Kolkata"])),
    due_at=maybe(instants),
    due_by=st.just(due.NEVER) | instants,
    recurrence=maybe(rules),
    series_id=maybe(st.uuids().map(str)),
    occurrence=st.integers(1, 1_000_000),
    rule_from=maybe(st.dates()),
    rule_number=st.integers(1, 1000),
    reminders=st.lists(reminders, max_size=3),
    position=st.text("09AZaz", min_size=1, max_size=5),
    created_at=instants,
    updated_at=instants,
    completed_at=maybe(instants),
)
BUSY = settings(suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure: a task has many fields to draw."""
owners = st.sampled_from([None, {"token": "t1", "name": "a robot"}]).map(
    lambda via: Owner("ada", "Europe/Berlin", via=via)
)


class _Session:
    """As much of a session as writing a new task needs: deferred rows are kept in `info`."""

    def __init__(self, user: Owner) -> None:
        by = Agent(user.via["token"], user.via["name"]) if user.via else None
        principal = Principal(user.user_id, "user", user.time_zone, "", 0, via=by)
        self.info: dict[str, Any] = {"app": App.TASK, "principal": principal}


def model_of(task: NewTask) -> Task:
    return Task(**{name: getattr(task, name) for name in COLUMNS})


def deferred_rows_of(task: NewTask, user: Owner) -> dict[DeferredInsert, list[dict[str, Any]]]:
    """What a session writes of a new task, beside the task itself."""
    model = model_of(task)
    session: Any = _Session(user)
    model.record("created")
    written = Written([model], [], [], [model], [])
    collect_events(session, written)
    search_index.update_index(session, written)
    quotas.count(session, written)
    found: dict[DeferredInsert, list[dict[str, Any]]] = session.info[DEFERRED]
    return found


def rows_of_the_session(task: NewTask, user: Owner) -> dict[str, list[dict[str, Any]]]:
    own = {"task": [model_of(task).model_dump()]}
    return own | {part.name: rows for part, rows in deferred_rows_of(task, user).items()}


def values_of(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON, where an event is an object."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(row, option=orjson.OPT_UTC_Z))
    if "payload" in found:
        found["payload"] = json.loads(found["payload"])
    return found


def same(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: same(value) if name == "payload" else value
        for name, value in values.items()
        if name not in MADE_THERE or "title" in values
    }


class TestRows:
    @BUSY
    @given(new_tasks, owners)
    def test_bulk_rows_equal_those_of_the_orm(self, task: NewTask, user: Owner) -> None:
        chunk = build_chunk([task], user, set())
        rows = rows_of_the_session(task, user)
        for table in ("task", "task_text", "task_label", "activity", "outbox"):
            found = orjson.loads(chunk.rows.get(table, "[]"))
            expected = [values_of(row) for row in rows.get(table, [])]
            assert list(map(same, found)) == list(map(same, expected))

    @BUSY
    @given(new_tasks)
    def test_bulk_outbox_rows_equal_the_contract_event(self, task: NewTask) -> None:
        user = Owner("ada", "Europe/Berlin")
        (row,) = orjson.loads(build_chunk([task], user, set()).rows["outbox"])
        found = CloudEvent[TaskCreated].model_validate(row["payload"])
        model = model_of(task)
        model.record("created")
        assert found.data == contract_event(model.collect_events()[0])
        assert found.model_dump_json() == orjson.dumps(row["payload"]).decode()

    @BUSY
    @given(st.lists(new_tasks, max_size=3, unique_by=lambda task: task.id))
    def test_bulk_rows_count_the_same_usage(self, tasks: list[NewTask]) -> None:
        user = Owner("ada", "Europe/Berlin")
        chunk = build_chunk(tasks, user, set())
        counted = [row for task in tasks for row in quotas.used_by(deferred_rows_of(task, user))]
        assert chunk.ids == [task.id for task in tasks]
        assert chunk.labels == list(dict.fromkeys(name for task in tasks for name in task.labels))
        assert chunk.text_bytes == sum(each["bytes_of_text"] for each in counted)
        assert chunk.history_bytes == sum(each["bytes_of_history"] for each in counted)


class TestFields:
    def test_new_task_has_the_fields_of_the_model(self) -> None:
        assert set(COLUMNS) == set(Task.model_fields)
        assert tuple(TaskSnapshot.model_fields) == SNAPSHOT_FIELDS
        assert TaskCreated.model_fields.keys() == {"user_id", "task"}

    def test_new_task_has_the_defaults_of_the_model(self) -> None:
        given: dict[str, Any] = dict.fromkeys(("parent_id", "due_date", "due_time", "time_zone"))
        given |= {"recurrence": None, "completed_at": None, "notes": "", "done": False, "priority": 0}
        given |= {"labels": [], "subtasks_done": 0, "subtasks_total": 0, "reminders": []}
        own: dict[str, Any] = {"id": "i", "user_id": "ada", "title": "t", "position": "V"}
        own |= dict.fromkeys(("created_at", "updated_at"), datetime(2026, 1, 1, tzinfo=UTC))
        new = NewTask(**own, **given)
        row = Task(**own)
        assert {name: getattr(new, name) for name in COLUMNS} == row.model_dump()


class TestParserProcess:
    def test_parser_process_loads_neither_orm_nor_web_framework(self) -> None:
        """They would cost it five times as much to start, and twice the memory."""
        look = "import sys, task_service.import_export.file_reader; print(*sys.modules)"
        loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
        heavy = {"aiohttp", "fastapi", "opentelemetry", "sqlalchemy", "sqlmodel", "starlette"}
        assert heavy & set(loaded.stdout.split()) == set()
