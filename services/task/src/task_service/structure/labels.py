"""The rules of labels: a task has them by name, and a name is one label however it is written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key
from servicekit.auth import Principal
from task_service import events
from task_service import repository as task_repository
from task_service.errors import NameTaken
from task_service.history import tell
from task_service.models import Label, Task
from task_service.structure import named, repository
from task_service.structure.schemas import LabelCreate, LabelPatch


async def create(session: AsyncSession, user: Principal, draft: LabelCreate) -> Label:
    """Add a label. Raises `NameTaken`."""
    await task_repository.take_turn(session, user.user_id)
    await _check_name(session, user, None, draft.name)
    return named.add(session, user, Label, draft.model_dump())


async def update(session: AsyncSession, user: Principal, label: Label, patch: LabelPatch) -> Label:
    """Change what `patch` names; another name is the new one on every task. Raises `NameTaken`."""
    asked: dict[str, Any] = patch.model_dump(exclude_unset=True)
    name = asked.get("name", label.name)
    if name != label.name:
        await _check_name(session, user, label, name)
        await _replace(session, user, label, [name])
    named.change(session, label, asked)
    return label


async def delete(session: AsyncSession, user: Principal, label: Label) -> None:
    """Forget a label; tasks lose it."""
    await _replace(session, user, label, [])
    await named.remove(session, label)


async def settle(session: AsyncSession, user: Principal, names: Sequence[str]) -> list[str]:
    """The labels of these names as they are written, each once; those that are missing are made."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(name_key(name), name)
    if not wanted:
        return []
    known = {
        label.key: label for label in await repository.by_key(session, Label, user.user_id, list(wanted))
    }
    for key in wanted.keys() - known.keys():
        known[key] = named.add(session, user, Label, {"name": wanted[key]})
    return [known[key].name for key in wanted]


async def _replace(session: AsyncSession, user: Principal, label: Label, names: list[str]) -> None:
    tasks = await repository.tasks_with(session, user.user_id, label.key)
    now = datetime.now(UTC)
    for task in tasks:
        _relabel(task, label.key, names, now)
        tell(session, task, events.updated(task, ["labels"]))


def _relabel(task: Task, key: str, names: list[str], now: datetime) -> None:
    kept = [[name] if name_key(name) != key else names for name in task.labels]
    task.labels = [name for several in kept for name in several]
    task.version, task.updated_at = task.version + 1, now


async def _check_name(session: AsyncSession, user: Principal, label: Label | None, name: str) -> None:
    for other in await repository.by_key(session, Label, user.user_id, [name_key(name)]):
        if other is not label:
            raise NameTaken(f"There is a label “{other.name}” already.")
