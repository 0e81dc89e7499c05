"""Deleting the account, for who has typed its e-mail address."""

from typing import Any

from starlette.responses import Response

from contracts.names import App
from frontend_service.clients.service_client import Refused, is_away
from frontend_service.web.account.profile import ME
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import Form, SignedIn, Visit
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

PLACE = "/account/delete"

pages = router()


@pages.get(PLACE)
async def ask(visit: SignedIn) -> Response:
    return await _page(visit, (await visit.backend.get(App.USER, ME))["email"])


@pages.post(PLACE)
async def delete_account(visit: SignedIn, form: Form) -> Response:
    """Deletes nothing unless the address that was typed is that of the account."""
    email, typed = (await visit.backend.get(App.USER, ME))["email"], form.get("typed", "").strip()
    if typed.casefold() != email.casefold():
        errors = {"typed": "This is not the e-mail address of this account. Nothing was deleted."}
        return await _page(visit, email, status=422, typed=typed, errors=errors)
    try:
        await visit.backend.send(App.USER, "DELETE", ME, key=f"{form.get('key') or new_id()}-delete")
    except ServiceError as error:
        if error.status == 401 or not (is_away(error) or isinstance(error, Refused)):
            raise
        problem = AWAY if is_away(error) else error.detail
        return await _page(visit, email, status=error.status, typed=typed, problem=problem)
    visit.forget()
    return await show_page(visit, "account_gone.html")


async def _page(visit: Visit, email: str, *, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {"typed": "", "errors": {}, "problem": "", "key": new_id()}
    return await show_page(visit, "account_end.html", status=status, email=email, **known | values)
