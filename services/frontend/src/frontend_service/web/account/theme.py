"""Light, dark, or as the system is; remembered in a cookie, so that pages come in the right colours."""

from starlette.responses import RedirectResponse, Response

from frontend_service.web.account.auth import local_path
from frontend_service.web.page_route import page_router
from frontend_service.web.request_context import THEMES, AnyContext, Form

A_YEAR = 365 * 24 * 3600

pages = page_router()


@pages.post("/appearance")
async def choose_theme(context: AnyContext, form: Form) -> Response:
    chosen = form.get("theme", "")
    life = A_YEAR if chosen in THEMES else 0
    context.cookies.append(f"theme={chosen if life else ''}; Max-Age={life}; Path=/; SameSite=Lax")
    return RedirectResponse(local_path(form.get("next", "/")), 303)
