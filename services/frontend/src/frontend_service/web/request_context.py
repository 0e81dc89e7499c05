"""One request of a browser: who asks, and what the response leaves in the browser."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from frontend_service.clients.services import Services
from frontend_service.container import Container, container_of
from frontend_service.gateway.sessions import Session, Sessions
from frontend_service.web.posted_form import parse_form
from frontend_service.web.tasks.due import current_time_in
from servicekit.errors import Unauthenticated, Unavailable
from servicekit.security.auth import Principal

SIGN_IN = "/sign-in"
THEMES = ("light", "dark")


class SignInFirst(Unauthenticated):
    code = "sign-in-first"
    title = "Sign in to see this page"


@dataclass(slots=True)
class RequestContext:
    """A request between coming in and being answered."""

    request: Request
    session: Session | None = None
    cookies: list[str] = field(default_factory=list)
    """`Set-Cookie` values of the response."""

    async def open_session(self) -> None:
        """Read the session from the cookie, with a fresh access token. Raises `Unavailable`."""
        self.session = self._sessions.open(self.request.headers.get("cookie", ""))
        if self.session and not self.session.is_fresh:
            await self.renew_session()

    async def renew_session(self) -> None:
        """Get fresh tokens. While that is impossible the old one is used until it expires."""
        assert self.session
        try:
            renewed = await self._sessions.renew(self.session)
        except Unavailable:
            if self.session.is_expired:
                raise
            return
        if renewed:
            self.set_session(renewed)
        else:
            self.clear_session()

    def set_session(self, session: Session) -> None:
        """Sign the browser in."""
        self.session = session
        self.cookies.append(self._sessions.set_cookie(session))

    def clear_session(self) -> None:
        """Sign the browser out."""
        self.session = None
        self.cookies.append(self._sessions.drop_cookie())

    @property
    def container(self) -> Container:
        return container_of(self.request.app)

    @property
    def services(self) -> Services:
        return self.container.services_for(self.session.access_token if self.session else "")

    @property
    def wants_fragment(self) -> bool:
        """Whether htmx asks, for a part of the page that is open."""
        return "hx-request" in self.request.headers

    @property
    def user_id(self) -> str:
        """Who is signed in; empty for nobody."""
        principal: Principal | None = getattr(self.request.state, "principal", None)
        return principal.user_id if principal else ""

    @property
    def theme(self) -> str:
        """The chosen theme; empty to follow the system."""
        chosen = self.request.cookies.get("theme", "")
        return chosen if chosen in THEMES else ""

    @property
    def here(self) -> str:
        """The page that is shown, for forms that come back to it."""
        url = self.request.url
        if self.request.method != "GET":
            return "/"
        return url.path + (f"?{url.query}" if url.query else "")

    def redirect_to_sign_in(self) -> Response:
        """The response for who is not signed in; afterwards the same page comes."""
        back = "" if self.here == "/" else f"?next={quote(self.here)}"
        if self.wants_fragment:
            return Response(status_code=401, headers={"hx-redirect": SIGN_IN})
        return RedirectResponse(SIGN_IN + back, 303)

    @property
    def _sessions(self) -> Sessions:
        return self.container.sessions


async def get_context(request: Request) -> RequestContext:
    context: RequestContext = request.state.context
    return context


async def require_sign_in(request: Request) -> RequestContext:
    """The request of somebody signed in; `request.state.principal` is who.

    Raises `SignInFirst`, or `Unauthenticated` or `Unavailable` if the access token can't be verified.
    """
    context = await get_context(request)
    if context.session is None:
        raise SignInFirst
    verifier = context.container.token_verifier
    request.state.principal = await verifier.verify(context.session.access_token)
    return context


async def get_local_time(
    request: Request, _: Annotated[RequestContext, Depends(require_sign_in)]
) -> datetime:
    """The time, in the zone of who is signed in."""
    principal: Principal = request.state.principal
    return current_time_in(principal.time_zone)


async def read_form_fields(request: Request) -> dict[str, str]:
    """The text fields of a posted form. Raises `Invalid` for what is no UTF-8."""
    form = await parse_form(request)
    return {name: value for name, value in form.items() if isinstance(value, str)}


AnyContext = Annotated[RequestContext, Depends(get_context)]
SignedIn = Annotated[RequestContext, Depends(require_sign_in)]
Now = Annotated[datetime, Depends(get_local_time)]
Form = Annotated[dict[str, str], Depends(read_form_fields)]
