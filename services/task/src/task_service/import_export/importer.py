"""Writes the content of a file to an account: the same that `POST /tasks` would store, many at a time.

One transaction takes a few tasks, so that nobody waits long for what it holds.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.folding import name_key
from servicekit.errors import Invalid
from task_service.errors import NameTaken
from task_service.import_export.limits import MAX_FILTERS
from task_service.import_export.parsed_file import ImportedProject
from task_service.import_export.preparation import ImportSummary, ResolvedStructure, validate_fields
from task_service.import_export.rows import Chunk
from task_service.labels import use_cases as labels
from task_service.labels.schemas import LabelCreate
from task_service.models import Label, Project
from task_service.named_resources import use_cases as named
from task_service.projects.schemas import ProjectCreate
from task_service.quotas import use_cases as quotas
from task_service.quotas.amounts import Amounts
from task_service.quotas.recorder import count_new
from task_service.saved_filters import use_cases as filters
from task_service.saved_filters.schemas import FilterCreate
from task_service.sync.change_log import collect_inserts
from task_service.tasks import subtree
from task_service.unit_of_work.unit import UnitOfWork

CHUNK_SIZE = 100
"""Tasks in one transaction."""
MAX_NAME = 100


class Importer:
    """Imports one file into one account."""

    def __init__(self, outlook: ImportSummary) -> None:
        self.report, self.total = outlook.report, outlook.total
        self._structure = outlook.structure
        self._adding = {"tasks": outlook.new, "bytes_of_text": outlook.text_bytes}
        self._projects: dict[str, str] = {}

    async def require_room(self, unit: UnitOfWork) -> None:
        """Raise `QuotaExceeded` if the account has no room for all tasks of the file: none is added then."""
        await quotas.require_room(unit, self._adding)

    async def add_structure(self, unit: UnitOfWork) -> ResolvedStructure:
        """Add the projects, labels and filters of the file that are not there yet."""
        there = {
            (project.key, project.parent_id): project.id for project in await unit.exports.list_projects()
        }
        for key in self._structure.projects:
            self._ensure_project(unit, key, there)
        await unit.flush()
        await self._add_labels(unit)
        await self._add_filters(unit)
        spelled = await labels.resolve_labels(unit, self._structure.names)
        await unit.flush()
        return ResolvedStructure(self._projects, spelled)

    async def add_chunk(self, unit: UnitOfWork, chunk: Chunk) -> int:
        """Add tasks, in one transaction; gives how many."""
        await self._ensure_labels(unit, chunk.labels)
        await unit.imports.insert_rows(chunk)
        unit.session.info["recorded"] = True
        count_new(unit.session, unit.user.user_id, _count_amounts(chunk))
        collect_inserts(unit.session, unit.user.user_id, "task", chunk.ids)
        await subtree.update_progress(unit, chunk.parents, datetime.now(UTC))
        return len(chunk.ids)

    async def _ensure_labels(self, unit: UnitOfWork, names: Sequence[str]) -> None:
        """Make the labels that are no longer there."""
        keys = {name_key(name): name for name in names}
        there = await unit.labels.find_known_keys(keys)
        missing = [name for key, name in keys.items() if key not in there]
        if missing:
            await labels.resolve_labels(unit, missing)
            await unit.flush()

    def _ensure_project(self, unit: UnitOfWork, key: str, there: dict[tuple[str, str | None], str]) -> None:
        """Find the project of the file; make it if there is none of that name in the same place."""
        draft = self._structure.projects[key]
        parent = self._projects[draft.parent] if draft.parent else None
        name = draft.name.replace("\x00", "").strip()[:MAX_NAME].strip() or "Imported"
        place = (name_key(name), parent)
        if place not in there:
            there[place] = self._create_project(unit, draft, name, parent).id
        self._projects[key] = there[place]

    def _create_project(
        self, unit: UnitOfWork, draft: ImportedProject, name: str, parent: str | None
    ) -> Project:
        fields = {
            "name": name,
            "archived": draft.archived,
            "colour": draft.colour,
            "position": draft.position,
        }
        values = validate_fields(ProjectCreate, fields, f"project {name}", self.report)
        return named.add_resource(unit, Project, values | {"parent_id": parent})

    async def _add_labels(self, unit: UnitOfWork) -> None:
        for fields in self._structure.labels:
            where = f"label {str(fields.get('name', ''))[:40]}"
            values = validate_fields(LabelCreate, fields, where, self.report)
            name = values.get("name")
            if name and not await unit.labels.find_by_keys([name_key(name)]):
                named.add_resource(unit, Label, values)
                await unit.flush()

    async def _add_filters(self, unit: UnitOfWork) -> None:
        for fields in self._structure.filters[:MAX_FILTERS]:
            where = f"filter {str(fields.get('name', ''))[:40]}"
            values = validate_fields(FilterCreate, fields, where, self.report)
            if not values:
                continue
            try:
                await filters.create_filter(unit, FilterCreate.model_validate(values))
            except Invalid as error:
                self.report.add(where, f"Skipped: {error.detail}")
            except NameTaken:
                continue
            await unit.flush()


def _count_amounts(chunk: Chunk) -> Amounts:
    return Counter(tasks=len(chunk.ids), bytes_of_text=chunk.text_bytes, bytes_of_history=chunk.history_bytes)
