"""Settings of the user service."""

from datetime import timedelta

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.USER
    access_token_life: timedelta = timedelta(minutes=15)
    refresh_token_life: timedelta = timedelta(days=30)
    api_token_life: timedelta = timedelta(days=90)
    """Of an API token that was made without `expires_at`."""
    exchanged_token_life: timedelta = timedelta(minutes=1)
    """Of the access token an API token is exchanged for: how long one that was revoked can still be used, at
    most, by who holds on to it."""
