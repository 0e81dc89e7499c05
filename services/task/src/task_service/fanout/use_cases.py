"""Splits a change of many tasks into what its request does and what the worker does after it.

The tasks are found once, in the transaction of the request, and stored in the order they are to be changed
in. So whatever happens to the worker, the change ends as it was asked for.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from servicekit.errors import Conflict
from servicekit.web.ids import new_id
from task_service.activity_log.recorder import describe_agent
from task_service.fanout.models import FanOut, Kind
from task_service.unit_of_work.unit import UnitOfWork

AT_ONCE = 100
"""Tasks changed within the request; that takes about 0.2 s."""
IN_ONE_TRANSACTION = 500
"""Of all changes of a batch together."""
MAX_JOBS = 10
"""Changes of one user that may go on at the same time."""
CHANGED = "fanned_out"
"""Key in `session.info`: how many tasks were given out to be changed within the transaction."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class TooManyChanges(Conflict):
    code = "too-many-large-changes"
    title = "Too many of your large changes are still running"


async def defer_tasks(
    unit: UnitOfWork, kind: Kind, ids: Sequence[str], details: dict[str, Any], *, subject: str = ""
) -> Sequence[str]:
    """Store the tasks that are not to be changed within the request; gives the others.

    subject: what is still going on about the same is replaced, so `ids` has to hold what is left of that.
    Raises `TooManyChanges`.
    """
    if subject and (earlier := await unit.fan_outs.find_job_about(kind, subject)):
        await unit.fan_outs.drop_job(earlier)
    changed = unit.session.info.get(CHANGED, 0)
    room = max(0, min(AT_ONCE, IN_ONE_TRANSACTION - changed))
    if len(ids) > room:
        await start_job(unit, kind, ids[room:], details, subject=subject)
    unit.session.info[CHANGED] = changed + len(ids[:room])
    return ids[:room]


async def start_job(
    unit: UnitOfWork, kind: Kind, ids: Sequence[str], details: dict[str, Any], *, subject: str = ""
) -> None:
    """Have all these tasks changed after the transaction. Raises `TooManyChanges`."""
    if kind is not Kind.ZONE and await unit.fan_outs.count_jobs() >= MAX_JOBS:
        raise TooManyChanges(f"At most {MAX_JOBS} can run at the same time; try again in a moment.")
    job = FanOut(
        id=new_id(),
        user_id=unit.user.user_id,
        kind=kind,
        subject=subject,
        details=details,
        via=describe_agent(unit.session.info.get("principal")),
        leased_until=LONG_AGO,
        created_at=datetime.now(UTC),
    )
    unit.add(job)
    await unit.flush()
    await unit.fan_outs.queue_tasks(job, ids)
