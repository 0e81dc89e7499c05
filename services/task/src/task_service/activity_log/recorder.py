"""The activity of a task: a line for each event of it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from contracts.task import TaskSnapshot
from servicekit.persistence.deferred_inserts import create_deferred_insert
from servicekit.security.auth import Principal
from task_service.activity_log.values import UNREMARKABLE, given
from task_service.aggregate import DomainEvent
from task_service.models import Activity

ACTIVITY = create_deferred_insert("activity", lambda insert: insert(Activity.metadata.tables["activity"]))


def build_activity_row(
    event: DomainEvent, after: TaskSnapshot, user: Principal | None
) -> Mapping[str, Any] | None:
    """The row that tells of `event`, which `user` has caused; None where nothing worth telling differs.

    after: the task as it stands after the event.

    A line has the id of its event, so lines are in the order in which things happened.
    """
    was, now = _compare_with_before(event, after)
    if not (was or now):
        return None
    return {
        "id": event.id,
        "user_id": event.after["user_id"],
        "task_id": event.after["id"],
        "by": event.after["user_id"],
        "what": event.what,
        "before": was,
        "after": now,
        "size": len(orjson.dumps(was)) + len(orjson.dumps(now)),
        "at": event.after["updated_at"],
        "via": describe_agent(user),
    }


def describe_agent(user: Principal | None) -> dict[str, Any] | None:
    """What acts for `user`, as it is stored; None: they do it themselves."""
    return asdict(user.via) if user and user.via else None


def _compare_with_before(event: DomainEvent, after: TaskSnapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values that differ, before and after, as JSON has them; of a new task, what it was given."""
    current = _dump_shown(after)
    if event.before is None:
        return {}, given(current)
    was = _dump_shown(TaskSnapshot.model_validate(event.before))
    changed = [name for name in current if current[name] != was[name]]
    return {name: was[name] for name in changed}, {name: current[name] for name in changed}


def _dump_shown(task: TaskSnapshot) -> dict[str, Any]:
    return task.model_dump(mode="json", exclude=set(UNREMARKABLE))
