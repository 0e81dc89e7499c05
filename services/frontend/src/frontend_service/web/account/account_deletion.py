"""Deleting the account, for who has typed its e-mail address."""

from typing import Any

from starlette.responses import Response

from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import Form, RequestContext, SignedIn
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

PLACE = "/account/delete"

pages = page_router()


@pages.get(PLACE)
async def show_deletion_form(context: SignedIn) -> Response:
    return await _render_page(context, (await context.services.users.read_me())["email"])


@pages.post(PLACE)
async def delete_account(context: SignedIn, form: Form) -> Response:
    """Deletes nothing unless the address that was typed is that of the account."""
    email, typed = (await context.services.users.read_me())["email"], form.get("typed", "").strip()
    if typed.casefold() != email.casefold():
        errors = {"typed": "This is not the e-mail address of this account. Nothing was deleted."}
        return await _render_page(context, email, status=422, typed=typed, errors=errors)
    try:
        await context.services.users.delete_me(key=f"{form.get('key') or new_id()}-delete")
    except ServiceError as error:
        if error.status == 401 or not (is_unavailable(error) or isinstance(error, UpstreamError)):
            raise
        problem = AWAY if is_unavailable(error) else error.detail
        return await _render_page(context, email, status=error.status, typed=typed, problem=problem)
    context.clear_session()
    return await render_page(context, "account_deleted.html")


async def _render_page(context: RequestContext, email: str, *, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {"typed": "", "errors": {}, "problem": "", "key": new_id()}
    return await render_page(context, "account_deletion.html", status=status, email=email, **known | values)
