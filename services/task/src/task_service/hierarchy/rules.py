"""What may lie below what."""

from dataclasses import dataclass

from servicekit.errors import Invalid
from task_service.errors import NoSuchParent, NoSuchProject, TooDeep
from task_service.hierarchy import levels
from task_service.hierarchy.repository import HierarchyRepository, Node
from task_service.models import Project, Task


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One kind of tree, its limit, and how its errors are worded."""

    model: Node
    deepest: int
    missing: type[Invalid]
    own_parent: str
    too_deep: str
    trash_counts: bool
    """Whether what lies below in the trash, and may be restored, has to fit as well."""

    async def check_parent(self, nodes: HierarchyRepository, id: str | None, parent_id: str) -> None:
        """Raise `Invalid` if `id` (None for a new one) can't lie below `parent_id`, which is there."""
        above = await nodes.list_ancestors(self.model, parent_id, self.deepest + 1)
        if id in above:
            raise self.missing.field("/parent_id", self.own_parent, code="parent-cycle")
        below = await self._count_levels_below(nodes, id) if id else 0
        if len(above) + 1 + below > self.deepest:
            raise TooDeep.field("/parent_id", self.too_deep)

    async def _count_levels_below(self, nodes: HierarchyRepository, id: str) -> int:
        return await nodes.count_levels_below(self.model, id, self.deepest, trash_counts=self.trash_counts)


OF_TASKS = Hierarchy(
    Task,
    levels.OF_TASKS,
    NoSuchParent,
    "A task can't be its own subtask.",
    f"Subtasks can be nested up to {levels.OF_TASKS} levels.",
    trash_counts=True,
)
OF_PROJECTS = Hierarchy(
    Project,
    levels.OF_PROJECTS,
    NoSuchProject,
    "A project can't be inside itself.",
    f"Projects can be nested up to {levels.OF_PROJECTS} levels.",
    trash_counts=False,
)
