"""Settings of the frontend: the API gateway and the web pages."""

from collections.abc import Mapping
from typing import get_args

from pydantic import Field

from contracts.names import App
from frontend_service.gateway.costs import Budget
from frontend_service.live.event_log import LogLimits
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.FRONTEND

    secure_cookies: bool = False
    """Whether browsers may send the session only over HTTPS; true wherever there is TLS."""

    allowed_hosts: str = ""
    """Names this service has, with commas between; requests for other hosts are refused. Empty: any."""

    cors_origins: str = "*"
    """Origins whose scripts may use the API with a token, with commas between. Empty: none."""

    rate_limit: int = Field(default=2000, ge=1)
    """Units one user, or one address that is no verified user's, may use up in `rate_window`; a plain read
    costs one, other operations more (`costs`)."""
    rate_window: int = Field(default=10, ge=1)
    """Seconds."""
    rate_weights: dict[str, int] = Field(default_factory=dict)
    """Other weights than those of `costs`, by `operationId`."""
    quota_imports: int = Field(default=60, ge=0)
    """Imports, previews of them among these, of one user in an hour."""
    quota_exports: int = Field(default=60, ge=0)
    """Exports of tasks or of the whole account, of one user in an hour."""
    quota_delivery_tests: int = Field(default=120, ge=0)
    """Tests of channels and webhooks, of one user in an hour."""
    quota_sign_ups: int = Field(default=300, ge=0)
    """Sign-ups from one address in an hour; a school or an office is one address."""

    quota_streams: int = Field(default=100, ge=1)
    """Live streams one user may have open at the same time, at each replica."""

    live_bytes: int = Field(default=64 * 1024**2, ge=1024**2)
    """Memory of this replica for events that live streams may still ask for; the oldest go."""
    live_seconds: int = Field(default=900, ge=1)
    """How long such an event is kept at most."""
    live_users: int = Field(default=20_000, ge=1)
    """Users whose events are kept; who had neither an event nor a stream for longest goes."""
    live_user_bytes: int = Field(default=1024**2, ge=1024)
    """Of `live_bytes`, for one user."""
    live_user_events: int = Field(default=400, ge=1)
    """Events of one user."""

    exports_at_once: int = Field(default=2, ge=1)
    """Accounts this replica exports at the same time; each takes some megabytes of memory meanwhile."""


def read_log_limits(settings: Settings) -> LogLimits:
    """What is kept of events for live streams."""
    return LogLimits(
        bytes=settings.live_bytes,
        seconds=settings.live_seconds,
        users=settings.live_users,
        user_bytes=settings.live_user_bytes,
        user_events=settings.live_user_events,
    )


def read_budgets(settings: Settings) -> Mapping[str, int]:
    """Uses an hour, by the name of the budget."""
    return {name: getattr(settings, f"quota_{name}") for name in get_args(Budget)}
