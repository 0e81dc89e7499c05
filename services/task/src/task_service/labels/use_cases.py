"""The rules of labels: a task has them by name, and a name is one label however it is written."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.folding import name_key
from task_service.errors import NameTaken
from task_service.fanout import use_cases as fanout
from task_service.fanout.models import FanOut, Kind
from task_service.labels.schemas import LabelCreate, LabelPatch
from task_service.models import Label, Task
from task_service.named_resources import use_cases as named
from task_service.unit_of_work.unit import UnitOfWork


async def create_label(unit: UnitOfWork, draft: LabelCreate) -> Label:
    """Add a label. Raises `NameTaken`."""
    await _check_name(unit, None, draft.name)
    return named.add_resource(unit, Label, draft.model_dump())


async def update_label(unit: UnitOfWork, label: Label, patch: LabelPatch) -> Label:
    """Change what `patch` names; another name is the new one on every task.

    Raises `NameTaken`, `TooManyChanges`.
    """
    requested: dict[str, Any] = patch.model_dump(exclude_unset=True)
    name = requested.get("name", label.name)
    if name != label.name:
        await _check_name(unit, label, name)
        await _replace_label(unit, label, name)
    label.update(requested, datetime.now(UTC))
    return label


async def delete_label(unit: UnitOfWork, label: Label) -> None:
    """Forget a label; tasks lose it. Raises `TooManyChanges`."""
    await _replace_label(unit, label, None)
    await named.remove_resource(unit, label)


async def resolve_labels(unit: UnitOfWork, names: Sequence[str]) -> dict[str, str]:
    """The labels of these names as they are written, by the keys of the names; missing ones are made.

    While a label is being renamed on many tasks its old name means the new one; a label that is being
    taken off them is left out, as if it had been given before.
    """
    requested: dict[str, str] = {}
    for name in names:
        requested.setdefault(name_key(name), name)
    if not requested:
        return {}
    found = {label.key: label.name for label in await unit.labels.find_by_keys(list(requested))}
    missing = requested.keys() - found.keys()
    changing = await _list_changing(unit) if missing else {}
    for key in missing - changing.keys():
        found[key] = named.add_resource(unit, Label, {"name": requested[key]}).name
    found |= {key: name for key, name in changing.items() if name and key in missing}
    return {key: found[key] for key in requested if key in found}


async def relabel_more(_: UnitOfWork, job: FanOut, tasks: Sequence[Task]) -> None:
    """Replace the label on these tasks, too."""
    _relabel_tasks(tasks, job.details["keys"], job.details["name"])


async def find_new(unit: UnitOfWork, job: FanOut) -> Sequence[str]:
    """Tasks that have come to have the old name meanwhile: copies of others, or from a file.

    What the index of labels says of a task that has no such label is left out: it would be found for ever.
    """
    keys, name = job.details["keys"], job.details["name"]
    ids = await unit.labels.find_tasks_to_relabel(keys, name)
    found = await unit.tasks.find_tasks(ids)
    return [task.id for task in found if any(name_key(each) in keys for each in task.labels if each != name)]


async def _replace_label(unit: UnitOfWork, label: Label, name: str | None) -> None:
    """Replace a label by one of that name on all tasks; of many, the last ones follow after the request."""
    earlier = await unit.fan_outs.find_job_about(Kind.RELABEL, label.id)
    keys = sorted({label.key, *(earlier.details["keys"] if earlier else ())})
    ids = await unit.labels.find_tasks_to_relabel(keys, name)
    details = {"keys": keys, "name": name}
    first = await fanout.defer_tasks(unit, Kind.RELABEL, ids, details, subject=label.id)
    tasks = await unit.tasks.find_tasks(first)
    _relabel_tasks(tasks, keys, name)


def _relabel_tasks(tasks: Sequence[Task], keys: Collection[str], name: str | None) -> None:
    now = datetime.now(UTC)
    for task in tasks:
        renamed = [name if name_key(each) in keys else each for each in task.labels]
        kept = list(dict.fromkeys(each for each in renamed if each is not None))
        if kept != task.labels:
            task.relabel(kept, now)


async def _list_changing(unit: UnitOfWork, but: str = "") -> dict[str, str | None]:
    """Names that are being replaced on many tasks, by their keys: what by. None: by nothing.

    but: the id of a label whose own change doesn't count.
    """
    jobs = await unit.fan_outs.list_jobs(Kind.RELABEL)
    return {key: job.details["name"] for job in jobs if job.subject != but for key in job.details["keys"]}


async def _check_name(unit: UnitOfWork, label: Label | None, name: str) -> None:
    key = name_key(name)
    for other in await unit.labels.find_by_keys([key]):
        if other is not label:
            raise NameTaken(f"A label with this name already exists: “{other.name}”.")
    if key in await _list_changing(unit, label.id if label else ""):
        raise NameTaken(f"The label “{name}” is still being removed from tasks; try again in a moment.")
