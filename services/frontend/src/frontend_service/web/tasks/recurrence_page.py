"""The page of a task's repetition: see it, change it, skip an occurrence, end it, and take that back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.responses import RedirectResponse, Response

from contracts.api.tasks import TaskRead, Unskip
from frontend_service.clients.service_client import JsonObject, UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, Now, RequestContext, SignedIn
from frontend_service.web.tasks import recurrence_form
from frontend_service.web.tasks.recurrence import HOW, read_repetition
from frontend_service.web.tasks.recurrence_phrase import parse_recurrence_phrase
from frontend_service.web.three_way_merge import Fields
from servicekit.errors import Invalid, ServiceError
from servicekit.web.ids import PathId, new_id

CHANGED = "This task was changed elsewhere meanwhile. Check what is below and save again."
MESSAGES = {
    "saved": "Saved.",
    "skipped": "Skipped: the task has moved to its next date.",
    "ended": "This task does not repeat any more.",
    "back": "Taken back.",
}

pages = page_router()


@dataclass(frozen=True, slots=True)
class RecurrenceEdit:
    """What the form says: whether the pattern is a new one, the pattern, options, the date, words."""

    is_new: bool
    pattern: Fields
    options: Fields
    due_date: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class RecurrenceBase:
    """What a form was made from. pattern, options: empty where the form can't show, or has, none."""

    pattern: Fields
    options: Fields
    due_date: str

    def as_text(self) -> str:
        return orjson.dumps([self.pattern, self.options, self.due_date]).decode()


@pages.get("/tasks/{id}/repeat")
async def show_recurrence_page(
    context: SignedIn, now: Now, id: PathId, did: str = "", undo: str = ""
) -> Response:
    """did, undo: what a form has just done, and what takes it back."""
    return await _render_page(context, now, id, message=MESSAGES.get(did, ""), did=did, undo=undo[:1000])


@pages.post("/tasks/{id}/repeat")
async def save_repetition(context: SignedIn, now: Now, form: Form, id: PathId) -> Response:
    """Sends only what was changed: a rule that was left alone stays as it is, to the letter."""
    edit = _read_edit(form)
    try:
        patch = await _build_patch(context, edit, form.get("base", ""))
        version = form.get("version", "")
        await context.services.tasks.update_task(
            id,
            patch,
            key=form.get("key") or new_id(),
            version=int(version) if version.isdecimal() else 0,
        )
    except ServiceError as error:
        return await _render_error(context, now, id, edit, error)
    return _redirect_back(id, "saved")


@pages.post("/tasks/{id}/skip")
async def skip_occurrence(context: SignedIn, form: Form, id: PathId) -> Response:
    """`due_date`: the one that is skipped, to come back to."""
    await context.services.tasks.skip_occurrence(id, key=f"{form.get('key') or new_id()}-skip")
    return _redirect_back(id, "skipped", form.get("due_date", ""))


@pages.post("/tasks/{id}/unskip")
async def unskip_occurrence(context: SignedIn, form: Form, id: PathId) -> Response:
    """`due_date`: the occurrence to go back to, as `2030-05-31` or `2030-05-31T09:00`."""
    day, _, clock = form.get("due_date", "").partition("T")
    occurrence = Unskip(due_date=day)
    if clock:
        occurrence["due_time"] = clock
    key = f"{form.get('key') or new_id()}-unskip"
    await context.services.tasks.unskip_occurrence(id, occurrence, key=key)
    return _redirect_back(id, "back")


@pages.post("/tasks/{id}/repeat/end")
async def end_recurrence(context: SignedIn, form: Form, id: PathId) -> Response:
    """`recurrence`: as it was, to set it again."""
    key = f"{form.get('key') or new_id()}-end"
    await context.services.tasks.update_task(id, {"recurrence": None}, key=key)
    return _redirect_back(id, "ended", form.get("recurrence", ""))


@pages.post("/tasks/{id}/repeat/again")
async def restore_recurrence(context: SignedIn, form: Form, id: PathId) -> Response:
    """`recurrence`: JSON, as `end_recurrence` handed it out. Raises `Invalid` for anything else."""
    try:
        found = orjson.loads(form.get("recurrence", ""))
        recurrence = {name: str(found[name]) for name in HOW}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Invalid("This repetition can't be set again.") from error
    key = f"{form.get('key') or new_id()}-again"
    await context.services.tasks.update_task(id, {"recurrence": recurrence}, key=key)
    return _redirect_back(id, "back")


def _redirect_back(id: str, did: str, undo: str = "") -> Response:
    parameters = {"did": did} | ({"undo": undo} if undo else {})
    return RedirectResponse(f"/tasks/{id}/repeat?{urlencode(parameters)}", 303)


def _read_edit(form: Fields) -> RecurrenceEdit:
    options = {name: form.get(name, default) for name, default in recurrence_form.DEFAULTS.items()}
    return RecurrenceEdit(
        form.get("pattern") != "keep",
        recurrence_form.read_form(form),
        options,
        form.get("due_date", "").strip(),
        form.get("words", "").strip(),
    )


async def _build_patch(context: RequestContext, edit: RecurrenceEdit, base: str) -> JsonObject:
    """What was changed, as a JSON merge-patch. Raises `UpstreamError` or `Invalid`, which name the field."""
    before = _read_base(base)
    how: JsonObject = {
        name: value for name, value in edit.options.items() if value != before.options.get(name)
    }
    patch: JsonObject = {"due_date": edit.due_date or None} if edit.due_date != before.due_date else {}
    if edit.words:
        parsed = await parse_recurrence_phrase(context.services.tasks, edit.words)
        how, patch = how | parsed.recurrence, parsed.when | patch
    elif edit.is_new and edit.pattern != before.pattern:
        if wrong := recurrence_form.find_problems(edit.pattern):
            raise WrongFields(wrong)
        how["rule"] = recurrence_form.format_rule(edit.pattern)
    return patch | ({"recurrence": how} if how else {})


class WrongFields(Invalid):
    """Fields of this form that mean nothing, and why."""

    def __init__(self, by_field: dict[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = by_field


def _read_base(text: str) -> RecurrenceBase:
    """Nothing where the form does not say so, so that everything counts as changed."""
    try:
        pattern, options, due_date = orjson.loads(text)
        return RecurrenceBase(dict(pattern), dict(options), str(due_date))
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return RecurrenceBase({}, {}, "")


async def _render_error(
    context: RequestContext, now: datetime, id: str, edit: RecurrenceEdit, error: ServiceError
) -> Response:
    if error.status in (401, 404):
        raise error
    errors = error.by_field if isinstance(error, UpstreamError | WrongFields) else {}
    problem = AWAY if is_unavailable(error) else errors.get("recurrence", "" if errors else error.detail)
    problem = CHANGED if error.status == 412 else problem
    return await _render_page(
        context, now, id, status=error.status, mine=edit, errors=errors, problem=problem
    )


async def _render_page(
    context: RequestContext,
    now: datetime,
    id: str,
    *,
    status: int = 200,
    mine: RecurrenceEdit | None = None,
    **values: Any,
) -> Response:
    repetition = await read_repetition(context, id, now)
    stored, base = _to_edit(repetition.task)
    known = {"errors": {}, "problem": "", "message": "", "did": "", "undo": "", "key": new_id()}
    return await render_page(
        context,
        "recurrence.html",
        status=status,
        id=id,
        repetition=repetition,
        edit=mine or stored,
        base=base.as_text(),
        can_be_kept=not stored.is_new,
        form=recurrence_form,
        **known | values,
    )


def _to_edit(task: TaskRead) -> tuple[RecurrenceEdit, RecurrenceBase]:
    """The task as the form shows it."""
    recurrence, day = task["recurrence"], task["due_date"] or ""
    if not recurrence:
        return RecurrenceEdit(True, recurrence_form.EMPTY, recurrence_form.DEFAULTS, day), RecurrenceBase(
            {}, {}, day
        )
    fields = recurrence_form.parse_rule(recurrence["rule"])
    options = {name: str(value) for name, value in recurrence.items() if name in recurrence_form.DEFAULTS}
    edit = RecurrenceEdit(fields is not None, fields or recurrence_form.EMPTY, options, day)
    return edit, RecurrenceBase(fields or {}, options, day)
