"""Sign up, sign in, sign out."""

from collections.abc import Awaitable
from contextlib import suppress

from starlette.responses import RedirectResponse, Response

from contracts.api.users import SignedIn, SignIn, SignUp
from contracts.zones import ZONES
from frontend_service.clients.service_client import UpstreamError, is_unavailable
from frontend_service.gateway.sessions import session_from_tokens
from frontend_service.web.page_route import AWAY, page_router
from frontend_service.web.rendering import render_page
from frontend_service.web.request_context import SIGN_IN, AnyContext, Form, RequestContext
from servicekit.errors import ServiceError
from servicekit.web.ids import new_id

pages = page_router()


@pages.get("/sign-up")
async def sign_up_form(context: AnyContext) -> Response:
    return RedirectResponse("/", 303) if context.session else await _render_form(context, "sign_up.html")


@pages.post("/sign-up")
async def sign_up(context: AnyContext, form: Form) -> Response:
    """Creates the account and signs the browser in; an unknown time zone is left to the user service."""
    account = SignUp(
        email=form.get("email", ""), password=form.get("password", ""), name=form.get("name", "")
    )
    if form.get("time_zone") in ZONES:
        account["time_zone"] = form["time_zone"]
    signed_in = context.services.users.sign_up(account, key=form.get("key", ""))
    return await _start_session(context, "sign_up.html", form, signed_in)


@pages.get(SIGN_IN)
async def sign_in_form(context: AnyContext, next: str = "/") -> Response:
    if context.session:
        return RedirectResponse(local_path(next), 303)
    return await _render_form(context, "sign_in.html", {"next": local_path(next)})


@pages.post(SIGN_IN)
async def sign_in(context: AnyContext, form: Form) -> Response:
    credentials = SignIn(email=form.get("email", ""), password=form.get("password", ""))
    signed_in = context.services.users.sign_in(credentials, key=form.get("key", ""))
    return await _start_session(context, "sign_in.html", form, signed_in)


@pages.post("/sign-out")
async def sign_out(context: AnyContext) -> Response:
    """Ends the session here, whether or not the user service can be told."""
    if context.session:
        with suppress(ServiceError):
            await context.services.users.sign_out(context.session.refresh_token)
        context.clear_session()
    return RedirectResponse(SIGN_IN, 303)


def local_path(path: str) -> str:
    """`path` if it is a path of this site, else the start page."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() else "/"


async def _start_session(
    context: RequestContext, template: str, form: dict[str, str], signed_in: Awaitable[SignedIn]
) -> Response:
    try:
        tokens = await signed_in
    except ServiceError as error:
        return await _render_form(context, template, form, error)
    context.set_session(session_from_tokens(tokens))
    return RedirectResponse(local_path(form.get("next", "/")), 303)


async def _render_form(
    context: RequestContext,
    template: str,
    form: dict[str, str] | None = None,
    error: ServiceError | None = None,
) -> Response:
    """The form, with what was typed but the password; on a refusal, with what was wrong."""
    errors = error.by_field if isinstance(error, UpstreamError) else {}
    problem = error.detail if error and not errors else ""
    typed = {"email": "", "name": "", "next": "/", "key": new_id()} | (form or {})
    if error and is_unavailable(error) and error.status != 429:
        problem = AWAY
    elif error:
        typed["key"] = new_id()
    return await render_page(
        context,
        template,
        status=error.status if error else 200,
        form=typed,
        errors=errors,
        problem=problem,
    )
