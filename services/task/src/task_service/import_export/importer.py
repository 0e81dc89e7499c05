"""Writes the content of a file to an account: the same that `POST /tasks` would store, many at a time.

One transaction takes a few tasks, so that nobody waits long for what it holds.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import name_key
from servicekit.errors import Invalid
from servicekit.security.auth import Principal
from task_service.errors import NameTaken
from task_service.import_export import repository
from task_service.import_export.limits import MAX_FILTERS
from task_service.import_export.parsed_file import ImportedProject
from task_service.import_export.preparation import ImportSummary, ResolvedStructure, validate_fields
from task_service.import_export.rows import Chunk
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate
from task_service.models import Label, Project
from task_service.named_resources import repository as structure
from task_service.named_resources import use_cases as named
from task_service.projects.schemas import ProjectCreate
from task_service.quotas import use_cases as quotas
from task_service.quotas.amounts import Amounts
from task_service.quotas.recorder import count_new
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate
from task_service.sync.change_log import collect_inserts
from task_service.tasks import repository as tasks
from task_service.tasks import subtree as tree

CHUNK_SIZE = 100
"""Tasks in one transaction."""
MAX_NAME = 100


class Importer:
    """Imports one file into one account."""

    def __init__(self, user: Principal, outlook: ImportSummary) -> None:
        self.user = user
        self.report, self.total = outlook.report, outlook.total
        self._structure = outlook.structure
        self._adding = {"tasks": outlook.new, "bytes_of_text": outlook.text_bytes}
        self._projects: dict[str, str] = {}

    async def require_room(self, session: AsyncSession) -> None:
        """Raise `QuotaExceeded` if the account has no room for all tasks of the file: none is added then."""
        await quotas.require_room(session, self.user.user_id, self._adding)

    async def add_structure(self, session: AsyncSession) -> ResolvedStructure:
        """Add the projects, labels and filters of the file that are not there yet."""
        await tasks.lock_user(session, self.user.user_id)
        there = {
            (project.key, project.parent_id): project.id
            for project in await repository.list_projects(session, self.user.user_id)
        }
        for key in self._structure.projects:
            self._ensure_project(session, key, there)
        await session.flush()
        await self._add_labels(session)
        await self._add_filters(session)
        spelled = await labels.settle(session, self.user, self._structure.names)
        await session.flush()
        return ResolvedStructure(self._projects, spelled)

    async def add_chunk(self, session: AsyncSession, chunk: Chunk) -> int:
        """Add tasks, in one transaction; gives how many."""
        await tasks.lock_user(session, self.user.user_id)
        await self._ensure_labels(session, chunk.labels)
        await repository.insert_rows(session, chunk)
        session.info["recorded"] = True
        count_new(session, self.user.user_id, _count_amounts(chunk))
        collect_inserts(session, self.user.user_id, "task", chunk.ids)
        await tree.count_below(session, self.user.user_id, chunk.parents, datetime.now(UTC))
        return len(chunk.ids)

    async def _ensure_labels(self, session: AsyncSession, names: Sequence[str]) -> None:
        """Make the labels that are no longer there."""
        keys = {name_key(name): name for name in names}
        there = await repository.find_label_keys(session, self.user.user_id, keys)
        missing = [name for key, name in keys.items() if key not in there]
        if missing:
            await labels.settle(session, self.user, missing)
            await session.flush()

    def _ensure_project(
        self, session: AsyncSession, key: str, there: dict[tuple[str, str | None], str]
    ) -> None:
        """Find the project of the file; make it if there is none of that name in the same place."""
        draft = self._structure.projects[key]
        parent = self._projects[draft.parent] if draft.parent else None
        name = draft.name.replace("\x00", "").strip()[:MAX_NAME].strip() or "Imported"
        place = (name_key(name), parent)
        if place not in there:
            there[place] = self._create_project(session, draft, name, parent).id
        self._projects[key] = there[place]

    def _create_project(
        self, session: AsyncSession, draft: ImportedProject, name: str, parent: str | None
    ) -> Project:
        fields = {
            "name": name,
            "archived": draft.archived,
            "colour": draft.colour,
            "position": draft.position,
        }
        values = validate_fields(ProjectCreate, fields, f"project {name}", self.report)
        return named.add(session, self.user, Project, values | {"parent_id": parent})

    async def _add_labels(self, session: AsyncSession) -> None:
        for fields in self._structure.labels:
            where = f"label {str(fields.get('name', ''))[:40]}"
            values = validate_fields(LabelCreate, fields, where, self.report)
            name = values.get("name")
            if name and not await structure.by_key(session, Label, self.user.user_id, [name_key(name)]):
                named.add(session, self.user, Label, values)
                await session.flush()

    async def _add_filters(self, session: AsyncSession) -> None:
        for fields in self._structure.filters[:MAX_FILTERS]:
            where = f"filter {str(fields.get('name', ''))[:40]}"
            values = validate_fields(FilterCreate, fields, where, self.report)
            if not values:
                continue
            try:
                await filters.create(session, self.user, FilterCreate.model_validate(values))
            except Invalid as error:
                self.report.add(where, f"Skipped: {error.detail}")
            except NameTaken:
                continue
            await session.flush()


def _count_amounts(chunk: Chunk) -> Amounts:
    return Counter(tasks=len(chunk.ids), bytes_of_text=chunk.text_bytes, bytes_of_history=chunk.history_bytes)
