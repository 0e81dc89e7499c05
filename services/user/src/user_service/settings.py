"""Settings of the user service."""

from datetime import timedelta

from pydantic import Field

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.USER
    access_token_life: timedelta = timedelta(minutes=15)
    refresh_token_life: timedelta = timedelta(days=30)
    quota_sessions: int = Field(default=100, ge=1)
    """Sessions one account may have at the same time; the one used longest ago ends where another begins."""
    quota_api_tokens: int = Field(default=25, ge=0)
    """API tokens of one account, expired ones among them as long as they are listed."""
    api_token_life: timedelta = timedelta(days=90)
    """Of an API token that was made without `expires_at`."""
    exchanged_token_life: timedelta = timedelta(minutes=1)
    """Of the access token an API token is exchanged for: how long one that was revoked can still be used, at
    most, by who holds on to it."""
