"""Validates the tasks of a file and makes their rows. No database.

This runs in the process that reads the file, see `file_process`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from contracts.folding import name_key
from servicekit.errors import Invalid
from task_service.fractional_index import last_of_all
from task_service.hierarchy import levels
from task_service.import_export.limits import MAX_LABELS, PREVIEW_TASKS
from task_service.import_export.nesting import resolve_nesting
from task_service.import_export.new_task import NewTask
from task_service.import_export.parsed_file import (
    ImportedProject,
    ImportedTask,
    ImportReport,
    Owner,
    ParsedFile,
)
from task_service.import_export.plan import ImportPlan
from task_service.import_export.rows import Chunk, build_chunk
from task_service.import_export.schemas import TaskPreview
from task_service.quotas.sizes import size_of
from task_service.tasks import due, recurrence_settings
from task_service.tasks.schemas import TaskCreate

MAX_LABEL, MAX_LABELS_OF_A_TASK = 100, 50
COPIED_FIELDS = (
    *("title", "notes", "priority", "labels", "due_date", "due_time", "time_zone", "recurrence"),
    "reminders",
)
"""Fields of `TaskCreate` that a task has as they are."""
_PROJECT_MISSING = "The parent project is missing; it is now at the top level."


@dataclass(slots=True)
class FileStructure:
    """Projects, labels and filters a file needs."""

    projects: dict[str, ImportedProject]
    """Each after the one it lies in."""
    labels: list[dict[str, Any]]
    filters: list[dict[str, Any]]
    names: list[str]
    """Labels of its tasks, as they are written there."""


@dataclass(slots=True)
class ResolvedStructure:
    """What the structure of a file became in the account."""

    projects: dict[str, str] = field(default_factory=dict)
    """Key in the file → id."""
    labels: dict[str, str] = field(default_factory=dict)
    """Key of its name → as it is written."""


@dataclass(slots=True)
class ImportSummary:
    """What would come of a file."""

    structure: FileStructure
    total: int
    new: int
    text_bytes: int
    """Of titles and notes of those that are new."""
    first: list[TaskPreview]
    report: ImportReport


class Preparation:
    """The new tasks of one file, on their way into one account."""

    def __init__(self, source: ParsedFile, user: Owner, known: set[str], now: datetime) -> None:
        self._source, self._user, self._now = source, user, now
        self._known = known
        self._plan = ImportPlan(user.user_id, source, known)
        self._values = [self._validate_task(draft) for draft in self._plan.new]
        self._tasks = [self._build_task(*each) for each in zip(self._plan.new, self._values, strict=True)]

    def summarize(self) -> ImportSummary:
        names = [name for values in self._values for name in values["labels"]]
        spelled = {name_key(name): name for name in reversed(names)}
        if len(spelled) > MAX_LABELS:
            message = f"The file has {len(spelled)} labels; {MAX_LABELS} are imported at most."
            self._source.report.add("file", message)
        kept = sorted(spelled.values(), key={name: place for place, name in enumerate(names)}.__getitem__)
        source = self._source
        return ImportSummary(
            FileStructure(_nest_projects(source), source.labels, source.filters, kept[:MAX_LABELS]),
            total=len(source.tasks),
            new=len(self._plan.new),
            text_bytes=sum(size_of(task.title) + size_of(task.notes) for task in self._tasks),
            first=self._preview_first(),
            report=source.report,
        )

    def iterate_chunks(self, settled: ResolvedStructure, size: int) -> Iterator[Chunk]:
        """What is added of `size` tasks at a time."""
        for start in range(0, len(self._tasks), size):
            drafts = self._plan.new[start : start + size]
            tasks = self._tasks[start : start + size]
            for draft, task in zip(drafts, tasks, strict=True):
                spelled = [settled.labels.get(name_key(name)) for name in task.labels]
                task.labels = list(dict.fromkeys(name for name in spelled if name))
                task.project_id = settled.projects.get(draft.project or "")
            there = {task.parent_id for task in tasks if task.parent_id and task.parent_id in self._known}
            yield build_chunk(tasks, self._user, there)

    def _preview_first(self) -> list[TaskPreview]:
        """The first ones of the file, as they would be."""
        places = {id(draft): place for place, draft in enumerate(self._source.tasks)}
        both = zip(self._plan.new, self._tasks, strict=True)
        ordered = sorted(both, key=lambda each: places[id(each[0])])[:PREVIEW_TASKS]
        titles = {task.id: task.title for task in self._tasks}
        return [self._preview_task(draft, task, titles) for draft, task in ordered]

    def _preview_task(self, draft: ImportedTask, task: NewTask, titles: Mapping[str, str]) -> TaskPreview:
        project = self._source.projects.get(draft.project or "")
        shown = TaskPreview.model_validate(task)
        shown.project = project.name if project else None
        shown.parent = titles.get(task.parent_id or "")
        return shown

    def _build_task(self, draft: ImportedTask, values: Mapping[str, Any]) -> NewTask:
        id = self._plan.task_id(draft.key)
        task = NewTask(
            id=id,
            user_id=self._user.user_id,
            **{name: values[name] for name in COPIED_FIELDS},
            position=values["position"] or last_of_all(),
            parent_id=self._plan.parents.get(draft.key),
            subtasks_total=self._plan.below[id],
            subtasks_done=self._plan.below_done[id],
            done=draft.done,
            completed_at=(draft.completed_at or self._now) if draft.done else None,
            created_at=draft.created_at or self._now,
            updated_at=datetime.now(UTC),
        )
        self._set_recurrence(task, draft)
        self._set_due(task, draft)
        return task

    def _set_due(self, task: NewTask, draft: ImportedTask) -> None:
        try:
            due.set_due(task, self._user.time_zone)
        except Invalid as error:
            self._source.report.add(draft.where, f"Skipped: due_time ({error.detail}).")
            task.due_time = None
            due.set_due(task, self._user.time_zone)

    def _set_recurrence(self, task: NewTask, draft: ImportedTask) -> None:
        series = dict(draft.series)
        if "series_id" in series:
            series["series_id"] = self._plan.series_id(series["series_id"])
        for name, value in series.items():
            setattr(task, name, value)
        if task.recurrence is None:
            return
        rule_before = task.recurrence["rule"] if "rule_from" in series else ""
        try:
            recurrence_settings.apply_recurrence(
                task, self._user.time_zone, {"recurrence"}, self._now, rule_before=rule_before
            )
        except Invalid as error:
            self._source.report.add(draft.where, f"It does not recur: {error.detail}")
            task.recurrence = task.series_id = None

    def _validate_task(self, draft: ImportedTask) -> dict[str, Any]:
        """The fields that are valid; of the others the report tells."""
        fields = draft.fields | {"labels": _fit_labels(draft, self._source.report)}
        values = validate_fields(TaskCreate, fields, draft.where, self._source.report)
        if values["recurrence"]:
            try:
                values["recurrence"] = recurrence_settings.merge_recurrence(None, values["recurrence"])
            except Invalid as error:
                self._source.report.add(draft.where, f"It does not recur: {error.detail}")
                values["recurrence"] = None
        return values


def _nest_projects(source: ParsedFile) -> dict[str, ImportedProject]:
    above = resolve_nesting({key: draft.parent for key, draft in source.projects.items()}, levels.OF_PROJECTS)
    for key, draft in source.projects.items():
        parent, _ = above[key]
        if draft.parent and parent != draft.parent:
            message = (
                f"It was nested deeper than {levels.OF_PROJECTS} levels; it was moved up."
                if parent
                else _PROJECT_MISSING
            )
            source.report.add(f"project {draft.name[:40]}", message)
        draft.parent = parent
    return dict(sorted(source.projects.items(), key=lambda each: above[each[0]][1]))


def _fit_labels(draft: ImportedTask, report: ImportReport) -> list[str]:
    written = draft.fields.get("labels") or []
    if not isinstance(written, list):
        report.add(draft.where, "Skipped: labels (they are not a list).")
        return []
    names = [name.replace("\x00", "").strip() for name in written if isinstance(name, str)]
    if len(names) < len(written):
        report.add(draft.where, "Skipped: labels that are not text.")
    fitting = [name[:MAX_LABEL].strip() for name in dict.fromkeys(names) if name]
    if any(len(name) > MAX_LABEL for name in names):
        report.add(draft.where, f"A label was cut off after {MAX_LABEL} characters.")
    if len(fitting) > MAX_LABELS_OF_A_TASK:
        report.add(draft.where, f"Only {MAX_LABELS_OF_A_TASK} of its {len(fitting)} labels were imported.")
    return fitting[:MAX_LABELS_OF_A_TASK]


def validate_fields(
    schema: type[BaseModel], fields: Mapping[str, Any], where: str, report: ImportReport
) -> dict[str, Any]:
    """`fields` without those that are wrong; empty if one that is wrong can't be left out."""
    left = dict(fields)
    while True:
        try:
            valid = schema.model_validate(left)
            return valid.model_dump(by_alias=True) | valid.model_dump(mode="json", include={"reminders"})
        except ValidationError as error:
            wrong = _invalid_fields(error)
            detail = error.errors()[0]["msg"].removeprefix("Value error, ")
            report.add(where, f"Skipped: {', '.join(sorted(wrong))} ({detail}).")
            if not wrong & left.keys():
                return {}
            left = {name: value for name, value in left.items() if name not in wrong}


def _invalid_fields(error: ValidationError) -> set[str]:
    return {str(each["loc"][0]) if each["loc"] else "due_time" for each in error.errors()}
