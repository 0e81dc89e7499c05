"""Which service answers which part of the API."""

from urllib.parse import unquote

from contracts.names import App
from servicekit.errors import NotFound

UPSTREAMS: dict[str, App] = {
    "auth": App.USER,
    "users": App.USER,
    "tasks": App.TASK,
    "chat": App.CHAT,
    "notifications": App.NOTIFICATION,
    "analytics": App.ANALYTICS,
    "ops": App.ANALYTICS,
}
"""First segment of the path under `/api/v1`."""


def upstream_of(path: str) -> App:
    """The service for `path`, which is still percent-encoded, as the client sent it.

    Raises `NotFound` for a path no service offers, and for one with empty or dot segments: Dapr would
    resolve those, and the call could end at a route that is not part of the API.
    """
    segments = [unquote(segment) for segment in path.removeprefix("/").split("/")]
    if any(segment in ("", ".", "..") or "/" in segment for segment in segments):
        raise NotFound
    app = UPSTREAMS.get(segments[0])
    if app is None:
        raise NotFound
    return app
