"""Queries for the labels of one owner, and for the tasks that carry one."""

from collections.abc import Collection, Sequence

from sqlmodel import col

from contracts.folding import name_key
from task_service.models import Label, Task, TaskLabel
from task_service.named_resources.repository import NamedResourceRepository


class LabelRepository(NamedResourceRepository[Label]):
    """The labels of one owner."""

    model = Label

    async def find_known_keys(self, keys: Collection[str]) -> set[str]:
        """Those of these keys under which there is a label."""
        query = self.select(col(Label.key), of=Label).where(col(Label.key).in_(keys))
        return set((await self.session.scalars(query)).all())

    async def find_tasks_to_relabel(self, keys: Collection[str], name: str | None) -> Sequence[str]:
        """Ids of tasks, the trash included, with a label of one of these keys that is not written `name`."""
        own = name_key(name) if name else None
        key = col(TaskLabel.key)
        query = self.select(col(TaskLabel.task_id), of=TaskLabel).where(key.in_(keys), key != (own or ""))
        found = set((await self.session.scalars(query)).all())
        if own in keys:  # the same label, written in another way: what a task has is to be looked at
            query_both = (
                self.select(col(Task.id), col(Task.labels), of=TaskLabel)
                .join(TaskLabel, col(TaskLabel.task_id) == col(Task.id))
                .where(key.in_(keys), key == own)
            )
            rows = (await self.session.execute(query_both)).all()
            found |= {id for id, written in rows if name not in written}
        return sorted(found)
