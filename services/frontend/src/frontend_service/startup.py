"""What the frontend needs before the first request."""

from fastapi import FastAPI
from starlette.routing import Mount

from frontend_service.edge import PREFIX, Edge
from frontend_service.rate_limit import RateLimit
from frontend_service.sessions import SECRET, Sessions, sealing_key
from frontend_service.settings import Settings


async def open_edge(app: FastAPI) -> None:
    """Read the secret that seals sessions, and open the edge."""
    settings: Settings = app.state.settings
    key = sealing_key((await app.state.sidecar.secret(SECRET))["key"])
    app.state.sessions = Sessions(key, settings.secure_cookies, app.state.sidecar)
    limit = RateLimit(settings.rate_limit, settings.rate_window)
    app.router.routes.append(Mount(PREFIX, Edge(app.state.sidecar, app.state.sessions, limit)))
