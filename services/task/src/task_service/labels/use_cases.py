"""The rules of labels: a task has them by name, and a name is one label however it is written."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key
from servicekit.security.auth import Principal
from task_service.errors import NameTaken
from task_service.fanout import repository as changes
from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.labels import repository as label_repository
from task_service.labels.schemas import LabelCreate, LabelPatch
from task_service.models import Label, Task
from task_service.named_resources import repository
from task_service.named_resources import use_cases as named
from task_service.tasks import repository as task_repository


async def create(session: AsyncSession, user: Principal, draft: LabelCreate) -> Label:
    """Add a label. Raises `NameTaken`."""
    await task_repository.lock_user(session, user.user_id)
    await _check_name(session, user, None, draft.name)
    return named.add(session, user, Label, draft.model_dump())


async def update(session: AsyncSession, user: Principal, label: Label, patch: LabelPatch) -> Label:
    """Change what `patch` names; another name is the new one on every task.

    Raises `NameTaken`, `TooManyChanges`.
    """
    asked: dict[str, Any] = patch.model_dump(exclude_unset=True)
    name = asked.get("name", label.name)
    if name != label.name:
        await _check_name(session, user, label, name)
        await _replace(session, user, label, name)
    label.update(asked, datetime.now(UTC))
    return label


async def delete(session: AsyncSession, user: Principal, label: Label) -> None:
    """Forget a label; tasks lose it. Raises `TooManyChanges`."""
    await _replace(session, user, label, None)
    await named.remove(session, label)


async def settle(session: AsyncSession, user: Principal, names: Sequence[str]) -> dict[str, str]:
    """The labels of these names as they are written, by the keys of the names; missing ones are made.

    While a label is being renamed on many tasks its old name means the new one; a label that is being
    taken off them is left out, as if it had been given before.
    """
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(name_key(name), name)
    if not wanted:
        return {}
    found = {
        label.key: label.name for label in await repository.by_key(session, Label, user.user_id, list(wanted))
    }
    missing = wanted.keys() - found.keys()
    changing = await _changing(session, user) if missing else {}
    for key in missing - changing.keys():
        found[key] = named.add(session, user, Label, {"name": wanted[key]}).name
    found |= {key: name for key, name in changing.items() if name and key in missing}
    return {key: found[key] for key in wanted if key in found}


async def relabel_more(_: AsyncSession, job: FanOut, tasks: Sequence[Task]) -> None:
    """Replace the label on these tasks, too."""
    _relabel(tasks, job.details["keys"], job.details["name"])


async def find_new(session: AsyncSession, job: FanOut) -> Sequence[str]:
    """Tasks that have come to have the old name meanwhile: copies of others, or from a file.

    What the index of labels says of a task that has no such label is left out: it would be found for ever.
    """
    keys, name = job.details["keys"], job.details["name"]
    ids = await label_repository.tasks_to_relabel(session, job.user_id, keys, name)
    found = await task_repository.these(session, job.user_id, ids)
    return [task.id for task in found if any(name_key(each) in keys for each in task.labels if each != name)]


async def _replace(session: AsyncSession, user: Principal, label: Label, name: str | None) -> None:
    """Replace a label by one of that name on all tasks; of many, the last ones follow after the request."""
    earlier = await changes.about(session, user.user_id, Kind.RELABEL, label.id)
    keys = sorted({label.key, *(earlier.details["keys"] if earlier else ())})
    ids = await label_repository.tasks_to_relabel(session, user.user_id, keys, name)
    details = {"keys": keys, "name": name}
    first = await fanout.defer(session, user.user_id, Kind.RELABEL, ids, details, subject=label.id)
    tasks = await task_repository.these(session, user.user_id, first)
    _relabel(tasks, keys, name)


def _relabel(tasks: Sequence[Task], keys: Collection[str], name: str | None) -> None:
    now = datetime.now(UTC)
    for task in tasks:
        wanted = [name if name_key(each) in keys else each for each in task.labels]
        kept = list(dict.fromkeys(each for each in wanted if each is not None))
        if kept != task.labels:
            task.relabel(kept, now)


async def _changing(session: AsyncSession, user: Principal, but: str = "") -> dict[str, str | None]:
    """Names that are being replaced on many tasks, by their keys: what by. None: by nothing.

    but: the id of a label whose own change doesn't count.
    """
    jobs = await changes.of_kind(session, user.user_id, Kind.RELABEL)
    return {key: job.details["name"] for job in jobs if job.subject != but for key in job.details["keys"]}


async def _check_name(session: AsyncSession, user: Principal, label: Label | None, name: str) -> None:
    key = name_key(name)
    for other in await repository.by_key(session, Label, user.user_id, [key]):
        if other is not label:
            raise NameTaken(f"There is a label “{other.name}” already.")
    if key in await _changing(session, user, label.id if label else ""):
        raise NameTaken(f"Tasks are still losing the label “{name}”; try again in a moment.")
