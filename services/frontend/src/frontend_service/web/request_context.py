"""One request of a browser: who asks, and what the answer leaves in the browser."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from frontend_service.clients.service_client import Backend
from frontend_service.gateway.sessions import Session, Sessions
from frontend_service.web.posted_form import posted_form
from frontend_service.web.tasks.due import now_in
from servicekit.errors import Unauthenticated, Unavailable
from servicekit.security.auth import Principal, TokenVerifier

SIGN_IN = "/sign-in"
THEMES = ("light", "dark")


class SignInFirst(Unauthenticated):
    code = "sign-in-first"
    title = "Sign in to see this page"


@dataclass(slots=True)
class Visit:
    """A request between coming in and being answered."""

    request: Request
    session: Session | None = None
    cookies: list[str] = field(default_factory=list)
    """`Set-Cookie` values of the answer."""

    async def open_session(self) -> None:
        """Read the session from the cookie, with a fresh access token. Raises `Unavailable`."""
        self.session = self._sessions.open(self.request.headers.get("cookie", ""))
        if self.session and not self.session.is_fresh:
            await self.renew()

    async def renew(self) -> None:
        """Get fresh tokens. While that is impossible the old one is used until it expires."""
        assert self.session
        try:
            renewed = await self._sessions.renew(self.session)
        except Unavailable:
            if self.session.is_over:
                raise
            return
        if renewed:
            self.keep(renewed)
        else:
            self.forget()

    def keep(self, session: Session) -> None:
        """Sign the browser in."""
        self.session = session
        self.cookies.append(self._sessions.set_cookie(session))

    def forget(self) -> None:
        """Sign the browser out."""
        self.session = None
        self.cookies.append(self._sessions.drop_cookie())

    @property
    def backend(self) -> Backend:
        state = self.request.app.state
        return Backend(state.sidecar, state.breakers, self.session.access_token if self.session else "")

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

    def to_sign_in(self) -> Response:
        """The answer for who is not signed in; afterwards the same page comes."""
        back = "" if self.here == "/" else f"?next={quote(self.here)}"
        if self.wants_fragment:
            return Response(status_code=401, headers={"hx-redirect": SIGN_IN})
        return RedirectResponse(SIGN_IN + back, 303)

    @property
    def _sessions(self) -> Sessions:
        sessions: Sessions = self.request.app.state.sessions
        return sessions


async def current_visit(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


async def signed_in_visit(request: Request) -> Visit:
    visit = await current_visit(request)
    if visit.session is None:
        raise SignInFirst
    verifier: TokenVerifier = request.app.state.verifier
    request.state.principal = await verifier.verify(visit.session.access_token)
    return visit


async def now_here(request: Request, _: Annotated[Visit, Depends(signed_in_visit)]) -> datetime:
    """The time, in the zone of who is signed in."""
    principal: Principal = request.state.principal
    return now_in(principal.time_zone)


async def form_fields(request: Request) -> dict[str, str]:
    """The text fields of a posted form. Raises `Invalid` for what is no UTF-8."""
    form = await posted_form(request)
    return {name: value for name, value in form.items() if isinstance(value, str)}


AnyVisit = Annotated[Visit, Depends(current_visit)]
SignedIn = Annotated[Visit, Depends(signed_in_visit)]
Now = Annotated[datetime, Depends(now_here)]
Form = Annotated[dict[str, str], Depends(form_fields)]
