"""Adds what a file holds: the same use as `POST /tasks`, many at a time.

One transaction takes a few hundred tasks; what a task needs (labels, projects, parents, counts) is looked
up for all of them at once.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.auth import Principal
from servicekit.errors import Invalid
from task_service import due, events, recurring, tree
from task_service import repository as tasks
from task_service.errors import NameTaken
from task_service.folding import fold
from task_service.history import tell
from task_service.models import Label, Project, Task
from task_service.ordering import last_of_all
from task_service.quotas import use_cases as quotas
from task_service.quotas.amounts import size_of
from task_service.schemas import TaskCreate
from task_service.structure import filters, labels, named
from task_service.structure import repository as structure
from task_service.structure.projects import MAX_LEVELS
from task_service.structure.schemas import FilterCreate, LabelCreate, ProjectCreate
from task_service.transfer import repository
from task_service.transfer.plan import Plan, possible_ids
from task_service.transfer.source import Draft, ProjectDraft, Report, Source

CHUNK = 250
MAX_LABEL, MAX_LABELS, MAX_NAME = 100, 50, 100


class Adding:
    """One file on its way into one account."""

    def __init__(self, user: Principal, source: Source, known: set[str]) -> None:
        self.user = user
        self.source = source
        self.plan = Plan(user.user_id, source, known)
        self._known = known
        self._projects: dict[str, str] = {}

    @classmethod
    async def of(cls, session: AsyncSession, user: Principal, source: Source) -> "Adding":
        ids = possible_ids(user.user_id, source)
        return cls(user, source, await repository.known_tasks(session, user.user_id, ids))

    def chunks(self) -> Sequence[Sequence[Draft]]:
        new = self.plan.new
        return [new[start : start + CHUNK] for start in range(0, len(new), CHUNK)]

    def check(self) -> None:
        """Find out what can't be taken over, without taking anything."""
        for draft in self.plan.new:
            self._values(draft)

    async def require_room(self, session: AsyncSession) -> None:
        """Raise `QuotaExceeded` if the account has no room for all tasks of the file: none is added then."""
        texts = (draft.fields.get(name) or "" for draft in self.plan.new for name in ("title", "notes"))
        adding = {"tasks": len(self.plan.new), "bytes_of_text": sum(size_of(str(text)) for text in texts)}
        await quotas.require_room(session, self.user.user_id, adding)

    async def add_structure(self, session: AsyncSession) -> None:
        """Projects, labels and filters of the file that are not there yet."""
        await tasks.take_turn(session, self.user.user_id)
        there = {
            (project.key, project.parent_id): project.id
            for project in await repository.projects(session, self.user.user_id)
        }
        for key in self.source.projects:
            self._project(session, key, there, ())
        await session.flush()
        await self._labels(session)
        await self._filters(session)

    async def add(self, session: AsyncSession, drafts: Sequence[Draft]) -> None:
        """Add these tasks, in one transaction."""
        await tasks.take_turn(session, self.user.user_id)
        now = datetime.now(UTC)
        values = [(draft, self._values(draft)) for draft in drafts]
        written = [name for _, each in values for name in each["labels"]]
        spelled = {fold(name): name for name in await labels.settle(session, self.user, written)}
        for draft, each in values:
            each["labels"] = list(dict.fromkeys(spelled[fold(name)] for name in each["labels"]))
            self._add(session, draft, each, now)
        parents = {self.plan.parents.get(draft.key) for draft in drafts}
        await tree.count_below(session, self.user, parents & self._known, now)

    def _add(self, session: AsyncSession, draft: Draft, values: dict[str, Any], now: datetime) -> None:
        id = self.plan.id(draft.key)
        done_at = (draft.completed_at or now) if draft.done else None
        task = Task(
            **{name: value for name, value in values.items() if name in Task.model_fields}
            | {
                "id": id,
                "user_id": self.user.user_id,
                "position": values["position"] or last_of_all(),
                "project_id": self._projects.get(draft.project or ""),
                "parent_id": self.plan.parents.get(draft.key),
                "subtasks_total": self.plan.below[id],
                "subtasks_done": self.plan.below_done[id],
                "done": draft.done,
                "completed_at": done_at,
                "created_at": draft.created_at or now,
                "updated_at": now,
            }
        )
        self._recur(task, draft, now)
        self._place(task, draft)
        session.add(task)
        tell(session, task, events.created(task))

    def _place(self, task: Task, draft: Draft) -> None:
        try:
            due.place(task, self.user.time_zone)
        except Invalid as error:
            self.source.report.say(draft.where, f"Left out: due_time ({error.detail}).")
            task.due_time = None
            due.place(task, self.user.time_zone)

    def _recur(self, task: Task, draft: Draft, now: datetime) -> None:
        series = dict(draft.series)
        if "series_id" in series:
            series["series_id"] = self.plan.series_id(series["series_id"])
        task.sqlmodel_update(series)
        if task.recurrence is None:
            return
        rule_before = task.recurrence["rule"] if "rule_from" in series else ""
        try:
            recurring.settle(task, self.user, {"recurrence"}, now, rule_before=rule_before)
        except Invalid as error:
            self.source.report.say(draft.where, f"It does not recur: {error.detail}")
            task.recurrence = task.series_id = None

    def _values(self, draft: Draft) -> dict[str, Any]:
        """The fields that are valid; of the others the report tells."""
        fields = draft.fields | {"labels": _fitting(draft, self.source.report)}
        values = _validated(TaskCreate, fields, draft.where, self.source.report)
        if values["recurrence"]:
            try:
                values["recurrence"] = recurring.merged(None, values["recurrence"])
            except Invalid as error:
                self.source.report.say(draft.where, f"It does not recur: {error.detail}")
                values["recurrence"] = None
        return values

    def _project(
        self,
        session: AsyncSession,
        key: str,
        there: dict[tuple[str, str | None], str],
        path: tuple[str, ...],
    ) -> str | None:
        """The id of a project of the file; made if there is none of that name in the same place."""
        draft = self.source.projects.get(key)
        if draft is None or key in path or len(path) >= MAX_LEVELS:
            return None
        if key not in self._projects:
            parent = self._project(session, draft.parent, there, (*path, key)) if draft.parent else None
            name = draft.name.replace("\x00", "").strip()[:MAX_NAME].strip() or "Imported"
            place = (fold(name), parent)
            if place not in there:
                there[place] = self._new_project(session, draft, name, parent).id
            self._projects[key] = there[place]
        return self._projects[key]

    def _new_project(
        self, session: AsyncSession, draft: ProjectDraft, name: str, parent: str | None
    ) -> Project:
        fields = {
            "name": name,
            "archived": draft.archived,
            "colour": draft.colour,
            "position": draft.position,
        }
        values = _validated(ProjectCreate, fields, f"project {name}", self.source.report)
        return named.add(session, self.user, Project, values | {"parent_id": parent})

    async def _labels(self, session: AsyncSession) -> None:
        for fields in self.source.labels:
            where = f"label {str(fields.get('name', ''))[:40]}"
            values = _validated(LabelCreate, fields, where, self.source.report)
            name = values.get("name")
            if name and not await structure.by_key(session, Label, self.user.user_id, [fold(name)]):
                named.add(session, self.user, Label, values)
                await session.flush()

    async def _filters(self, session: AsyncSession) -> None:
        for fields in self.source.filters:
            where = f"filter {str(fields.get('name', ''))[:40]}"
            values = _validated(FilterCreate, fields, where, self.source.report)
            if not values:
                continue
            try:
                await filters.create(session, self.user, FilterCreate.model_validate(values))
            except Invalid as error:
                self.source.report.say(where, f"Left out: {error.detail}")
            except NameTaken:
                continue
            await session.flush()


def _fitting(draft: Draft, report: Report) -> list[str]:
    written = draft.fields.get("labels") or []
    if not isinstance(written, list):
        report.say(draft.where, "Left out: labels (they are not a list).")
        return []
    names = [str(name).replace("\x00", "").strip() for name in written]
    fitting = [name[:MAX_LABEL].strip() for name in dict.fromkeys(names) if name]
    if len(fitting) > MAX_LABELS:
        report.say(draft.where, f"Of its {len(fitting)} labels the first {MAX_LABELS} were taken.")
    return fitting[:MAX_LABELS]


def _validated(
    schema: type[BaseModel], fields: Mapping[str, Any], where: str, report: Report
) -> dict[str, Any]:
    """`fields` without those that are wrong; empty if one that is wrong can't be left out."""
    left = dict(fields)
    while True:
        try:
            valid = schema.model_validate(left)
            return valid.model_dump(by_alias=True) | valid.model_dump(mode="json", include={"reminders"})
        except ValidationError as error:
            wrong = {str(each["loc"][0]) if each["loc"] else "due_time" for each in error.errors()}
            detail = error.errors()[0]["msg"].removeprefix("Value error, ")
            report.say(where, f"Left out: {', '.join(sorted(wrong))} ({detail}).")
            if not wrong & left.keys():
                return {}
            left = {name: value for name, value in left.items() if name not in wrong}
