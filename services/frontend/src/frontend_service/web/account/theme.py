"""Light, dark, or as the system is; remembered in a cookie, so that pages come in the right colours."""

from starlette.responses import RedirectResponse, Response

from frontend_service.web.account.auth import own_path
from frontend_service.web.page_route import router
from frontend_service.web.request_context import THEMES, AnyVisit, Form

A_YEAR = 365 * 24 * 3600

pages = router()


@pages.post("/appearance")
async def choose(visit: AnyVisit, form: Form) -> Response:
    chosen = form.get("theme", "")
    life = A_YEAR if chosen in THEMES else 0
    visit.cookies.append(f"theme={chosen if life else ''}; Max-Age={life}; Path=/; SameSite=Lax")
    return RedirectResponse(own_path(form.get("next", "/")), 303)
