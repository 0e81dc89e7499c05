"""What became of a file that was imported: how many tasks, and what could not be taken over."""

from starlette.responses import Response

from contracts.names import App
from frontend_service.pages.door import router
from frontend_service.pages.rendering import show_page
from frontend_service.pages.visit import SignedIn
from servicekit.ids import PathId

pages = router()


@pages.get("/imports/{id}")
async def read_import(visit: SignedIn, id: PathId) -> Response:
    """Known for a week."""
    return await show_page(visit, "import.html", job=visit.backend.get(App.TASK, f"/import/{id}"))
