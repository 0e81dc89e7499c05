"""Sign up, sign in, sign out."""

from contextlib import suppress

from starlette.responses import RedirectResponse, Response

from contracts.names import App
from contracts.zones import ZONES
from frontend_service.clients.service_client import Refused, is_away
from frontend_service.gateway.sessions import made_of
from frontend_service.web.page_route import AWAY, router
from frontend_service.web.rendering import show_page
from frontend_service.web.request_context import SIGN_IN, AnyVisit, Form, Visit
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

pages = router()


@pages.get("/sign-up")
async def sign_up_form(visit: AnyVisit) -> Response:
    return RedirectResponse("/", 303) if visit.session else await _form(visit, "sign_up.html")


@pages.post("/sign-up")
async def sign_up(visit: AnyVisit, form: Form) -> Response:
    body = {name: form.get(name, "") for name in ("email", "password", "name")}
    if form.get("time_zone") in ZONES:
        body["time_zone"] = form["time_zone"]
    return await _enter(visit, "sign_up.html", "/auth/sign-up", form, body)


@pages.get(SIGN_IN)
async def sign_in_form(visit: AnyVisit, next: str = "/") -> Response:
    if visit.session:
        return RedirectResponse(own_path(next), 303)
    return await _form(visit, "sign_in.html", {"next": own_path(next)})


@pages.post(SIGN_IN)
async def sign_in(visit: AnyVisit, form: Form) -> Response:
    body = {name: form.get(name, "") for name in ("email", "password")}
    return await _enter(visit, "sign_in.html", "/auth/sign-in", form, body)


@pages.post("/sign-out")
async def sign_out(visit: AnyVisit) -> Response:
    """Ends the session here, whether or not the user service can be told."""
    if visit.session:
        body = {"refresh_token": visit.session.refresh_token}
        with suppress(ServiceError):
            await visit.backend.send(App.USER, "POST", "/auth/sign-out", body)
        visit.forget()
    return RedirectResponse(SIGN_IN, 303)


def own_path(asked: str) -> str:
    """`asked` if it is a path of this site, else the start page."""
    return asked if asked.startswith("/") and asked[1:2] not in ("/", "\\") and asked.isprintable() else "/"


async def _enter(
    visit: Visit, template: str, path: str, form: dict[str, str], body: dict[str, str]
) -> Response:
    try:
        tokens = await visit.backend.send(App.USER, "POST", path, body, key=form.get("key", ""))
    except ServiceError as error:
        return await _form(visit, template, form, error)
    visit.keep(made_of(tokens))
    return RedirectResponse(own_path(form.get("next", "/")), 303)


async def _form(
    visit: Visit, template: str, form: dict[str, str] | None = None, error: ServiceError | None = None
) -> Response:
    """The form, with what was typed but the password; on a refusal, with what was wrong."""
    errors = error.by_field if isinstance(error, Refused) else {}
    problem = error.detail if error and not errors else ""
    typed = {"email": "", "name": "", "next": "/", "key": new_id()} | (form or {})
    if error and is_away(error) and error.status != 429:
        problem = AWAY
    elif error:
        typed["key"] = new_id()
    return await show_page(
        visit,
        template,
        status=error.status if error else 200,
        form=typed,
        errors=errors,
        problem=problem,
    )
