"""The ledger: what clients were told against what the stores hold."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

LATE = timedelta(minutes=1)
"""As `notification_service.reminders.instants` has it: an entry older than that says so to its user."""
EARLY = timedelta(seconds=1)
CREATED, COMPLETED, REMINDER = "task.created", "task.completed", "reminder"

LOST, MISSING, DOUBLED, REMINDED = "lost", "missing", "doubled", "reminded"
"""Acknowledged writes that are gone; effects of them that never came, or came twice; reminders that
were early, late, double or never came."""

KINDS = (LOST, MISSING, DOUBLED, REMINDED)


class Finding(NamedTuple):
    """One disagreement."""

    kind: str
    what: str


class StoredTask(NamedTuple):
    """A row of the task service."""

    title: str
    notes: str
    done: bool
    version: int


@dataclass(slots=True)
class ClientRecord:
    """What one user was told: the latest answer about each task.

    reminders: when one was asked for, by task. unanswered: the titles of tasks whose creation, and the ids of
    tasks of which a change, was answered by nobody: it may have been done or not. has_webhook: whether
    somebody is called for each event about the tasks.
    """

    user_id: str
    has_webhook: bool = False
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    reminders: dict[str, datetime] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    acknowledged: int = 0

    def note_task(self, task: dict[str, Any]) -> None:
        self.tasks[task["id"]] = task
        self.acknowledged += 1

    @property
    def completed(self) -> int:
        return sum(task["done"] for task in self.tasks.values())


@dataclass(slots=True)
class StoredState:
    """What the stores hold of all users.

    tasks: by user and id. events: ids of those on the topic, by task and version. counts: by user and name,
    as analytics has them. calls: ids of deliveries that webhooks got, by task and kind. entries: in the
    inbox, of the reminder of each task. reminded_at: when the webhook was first called for it.
    """

    tasks: dict[str, dict[str, StoredTask]] = field(default_factory=dict)
    events: Mapping[tuple[str, int], set[str]] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    calls: Mapping[tuple[str, str], set[str]] = field(default_factory=dict)
    entries: Mapping[str, int] = field(default_factory=dict)
    reminded_at: Mapping[str, datetime] = field(default_factory=dict)


def compare_all(records: Iterable[ClientRecord], state: StoredState) -> list[Finding]:
    """Every disagreement, of every user; empty where all is as it should be."""
    return [finding for each in records for finding in _compare_user(each, state)]


def count_findings(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.kind for finding in findings)


def _compare_user(record: ClientRecord, state: StoredState) -> Iterator[Finding]:
    stored = state.tasks.get(record.user_id, {})
    for id, task in record.tasks.items():
        yield from _compare_task(task, stored.get(id), may_be_newer=id in record.unanswered)
    for id, row in stored.items():
        if id not in record.tasks and row.title not in record.unanswered:
            yield Finding(DOUBLED, f"task {id} ({row.title}): nobody was told of it")
    for id, row in stored.items():
        yield from _compare_events(id, row, state)
    yield from _compare_counts(record.user_id, stored, state)
    if record.has_webhook:
        yield from _compare_calls(record, stored, state)
    for id, at in record.reminders.items():
        yield from _compare_reminder(id, at, state)


def _compare_task(task: dict[str, Any], row: StoredTask | None, *, may_be_newer: bool) -> Iterator[Finding]:
    id, version = task["id"], task["version"]
    if row is None:
        yield Finding(LOST, f"task {id}: is gone, version {version} was acknowledged")
    elif row.version < version:
        yield Finding(LOST, f"task {id}: has version {row.version}, {version} was acknowledged")
    elif row.version > version + may_be_newer:
        yield Finding(DOUBLED, f"task {id}: has version {row.version}, {version} was the last one told")
    elif row.version == version and row != StoredTask(task["title"], task["notes"], task["done"], version):
        yield Finding(LOST, f"task {id}: version {version} holds something else")


def _compare_events(id: str, row: StoredTask, state: StoredState) -> Iterator[Finding]:
    """Every version of every task is one event; one that was published twice has one id."""
    for version in range(1, row.version + 1):
        number = len(state.events.get((id, version), ()))
        yield from _check_once(number, f"event of task {id}, version {version}")


def _compare_counts(user_id: str, stored: Mapping[str, StoredTask], state: StoredState) -> Iterator[Finding]:
    expected = {"tasks_created": len(stored), "tasks_completed": sum(row.done for row in stored.values())}
    for name, number in expected.items():
        counted = state.counts.get((user_id, name), 0)
        if counted != number:
            what = f"{name} of {user_id}: {counted} counted of {number}"
            yield Finding(MISSING if counted < number else DOUBLED, what)


def _compare_calls(
    record: ClientRecord, stored: Mapping[str, StoredTask], state: StoredState
) -> Iterator[Finding]:
    for id, row in stored.items():
        for kind in [CREATED] + [COMPLETED] * row.done + [REMINDER] * (id in record.reminders):
            number = len(state.calls.get((id, kind), ()))
            yield from _check_once(number, f"webhook call {kind} of task {id}")


def _compare_reminder(id: str, at: datetime, state: StoredState) -> Iterator[Finding]:
    entries, came_at = state.entries.get(id, 0), state.reminded_at.get(id)
    if entries != 1:
        yield Finding(REMINDED, f"reminder of task {id}: {entries} entries in the inbox")
    if came_at is None:
        yield Finding(REMINDED, f"reminder of task {id}: the webhook wasn't called")
    elif not -EARLY <= came_at - at <= LATE:
        seconds = (came_at - at).total_seconds()
        yield Finding(REMINDED, f"reminder of task {id}: came {seconds:+.0f} s from when it was due")


def _check_once(number: int, what: str) -> Iterator[Finding]:
    if number != 1:
        yield Finding(MISSING if number == 0 else DOUBLED, f"{what}: {number} times")
