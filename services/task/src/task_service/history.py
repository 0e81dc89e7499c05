"""Every change of a task is told here: one event, one line of its activity, in one transaction.

`tell` is called right after the change and before the next query: until then the session knows what
the values were.
"""

from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.task import TaskEvent, TaskSnapshot
from servicekit.messaging.outbox import record_event
from servicekit.persistence.deferred_inserts import create_deferred_insert, defer_rows
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id
from task_service.models import Activity, Task
from task_service.told import UNREMARKABLE, given

ACTIVITY = create_deferred_insert("activity", lambda insert: insert(Activity.metadata.tables["activity"]))


def tell(session: AsyncSession, task: Task, event: TaskEvent) -> None:
    """Record that `task` has changed, as `event` says."""
    record_event(session, event)
    before, after = _difference(task, event.task)
    if before or after:
        entry = {
            "id": new_id(),
            "user_id": task.user_id,
            "task_id": task.id,
            "by": event.user_id,
            "what": event.type.split(".")[2],
            "before": before,
            "after": after,
            "size": len(orjson.dumps(before)) + len(orjson.dumps(after)),
            "at": task.updated_at,
            "via": via_of(session.info.get("principal")),
        }
        defer_rows(session, ACTIVITY, entry)


def via_of(user: Principal | None) -> dict[str, Any] | None:
    """What acts for `user`, as it is stored; None: they do it themselves."""
    return asdict(user.via) if user and user.via else None


def _difference(task: Task, now: TaskSnapshot) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values that differ, before and after; of a new task, what it was given."""
    told = now.model_dump(mode="json", exclude=set(UNREMARKABLE))
    if not inspect(task).persistent:
        return {}, given(told)
    was = TaskSnapshot.model_validate(task.model_dump() | _replaced(task)).model_dump(mode="json")
    changed = [name for name in told if told[name] != was[name]]
    return {name: was[name] for name in changed}, {name: told[name] for name in changed}


def _replaced(task: Task) -> dict[str, Any]:
    """The values this transaction has replaced and not yet written."""
    histories = ((state.key, state.history) for state in inspect(task).attrs)
    return {name: found.deleted[0] for name, found in histories if found.deleted}
