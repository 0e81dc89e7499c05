"""Quick add: the task that a text describes, with the projects and labels it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError

from contracts.folding import name_key
from servicekit.errors import FieldProblem, Invalid
from servicekit.security.auth import Principal
from task_service.models import Project
from task_service.named_resources import use_cases as named
from task_service.quickadd import Calendar, ParsedTask, parse_text
from task_service.quickadd.dialects import DIALECTS, SyntaxName
from task_service.quickadd.schemas import (
    CreatedName,
    ParsedSpan,
    ParsedTaskRead,
    ParseRequest,
    QuickAddPreview,
    TaskDraft,
)
from task_service.tasks.schemas import TaskCreate
from task_service.unit_of_work.unit import UnitOfWork

MAX_LABELS = 50


class NoTitleLeft(Invalid):
    code = "title-empty"
    title = "No title is left; put the text in double quotes to use it as it is"


async def parse_draft(unit: UnitOfWork, draft: TaskDraft) -> TaskCreate:
    """The task that a draft describes by its fields or in words; a project that it names is made.

    Raises `Invalid`.
    """
    draft.require_title()
    user = unit.user
    if draft.quick is None:
        return draft.merge_parsed({})
    calendar = Calendar.for_zone(datetime.now(UTC), draft.time_zone or user.time_zone, user.week_start)
    return await _build_task(unit, draft, calendar)


@contextmanager
def attribute_problems(draft: TaskDraft) -> Iterator[None]:
    """Have a problem with what a text stands for point at the text."""
    try:
        yield
    except Invalid as error:
        if draft.quick is None:
            raise
        raise _attribute_to_text(error, draft) from error


async def preview_quick_add(unit: UnitOfWork, body: ParseRequest) -> QuickAddPreview:
    """Preview the parsed task; nothing is stored."""
    user = unit.user
    found = parse_text(
        body.quick,
        Calendar.for_zone(body.now or datetime.now(UTC), body.time_zone or user.time_zone, user.week_start),
        _choose_syntax(user, body.marks),
    )
    return QuickAddPreview(
        task=ParsedTaskRead.model_validate(found),
        spans=[ParsedSpan.model_validate(span) for span in found.spans],
        creates=await _list_missing(unit, found),
    )


async def _build_task(unit: UnitOfWork, draft: TaskDraft, calendar: Calendar) -> TaskCreate:
    assert draft.quick is not None
    found = parse_text(draft.quick, calendar, _choose_syntax(unit.user, draft.marks))
    if not found.title:
        raise NoTitleLeft.field("/quick", NoTitleLeft.title)
    values = _select_values(found)
    if found.project and "project_id" not in draft.model_fields_set:
        values["project_id"] = (await _ensure_project(unit, found.project)).id
    if "due_date" in draft.model_fields_set and draft.due_date is None:
        values.pop("due_time")
    try:
        return draft.merge_parsed(values)
    except ValidationError as error:
        problems = [
            FieldProblem(
                pointer="/quick", detail=f"{each['loc'][0] if each['loc'] else 'task'}: {each['msg']}"
            )
            for each in error.errors()
        ]
        raise Invalid(problems[0].detail, errors=problems) from error


def _choose_syntax(user: Principal, requested: SyntaxName | None) -> SyntaxName:
    """Those that are asked for, or else preferred; an access token may be older than this version."""
    preferred = cast(SyntaxName, user.quick_add_marks)
    return requested or (preferred if preferred in DIALECTS else "todo")


def _select_values(found: ParsedTask) -> dict[str, Any]:
    names = ("title", "due_date", "due_time", "priority", "recurrence", "reminders")
    return {name: getattr(found, name) for name in names} | {"labels": found.labels[:MAX_LABELS]}


async def _ensure_project(unit: UnitOfWork, name: str) -> Project:
    """The project of that name, wherever it lies; a new one at the top if there is none."""
    known = await unit.projects.find_by_keys([name_key(name)])
    if known:
        return known[0]
    made = named.add_resource(unit, Project, {"name": name})
    await unit.flush()
    return made


async def _list_missing(unit: UnitOfWork, found: ParsedTask) -> list[CreatedName]:
    labels = (
        {label.key for label in await unit.labels.find_by_keys([name_key(name) for name in found.labels])}
        if found.labels
        else set()
    )
    new = [CreatedName(kind="label", name=name) for name in found.labels if name_key(name) not in labels]
    if found.project and not await unit.projects.find_by_keys([name_key(found.project)]):
        new.append(CreatedName(kind="project", name=found.project))
    return new


def _attribute_to_text(error: Invalid, draft: TaskDraft) -> Invalid:
    """The same problem, at the text it comes from unless a field beside it is to blame."""
    problems = [
        each
        if each.pointer.strip("/").split("/")[0] in draft.model_fields_set
        else each.model_copy(update={"pointer": "/quick", "position": None})
        for each in error.errors
    ]
    return Invalid(error.detail, code=error.code, errors=problems)
