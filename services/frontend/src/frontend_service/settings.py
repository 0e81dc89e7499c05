"""Settings of the frontend: the edge and the web pages."""

from pydantic import Field

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.FRONTEND

    secure_cookies: bool = False
    """Whether browsers may send the session only over HTTPS; true wherever there is TLS."""

    rate_limit: int = Field(default=2000, ge=1)
    """Requests one user, or one address that is no verified user's, may make in `rate_window`."""
    rate_window: int = Field(default=10, ge=1)
    """Seconds."""

    exports_at_once: int = Field(default=2, ge=1)
    """Accounts this replica exports at the same time; each takes some megabytes of memory meanwhile."""
