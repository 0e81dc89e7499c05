"""Settings of the user service."""

from datetime import timedelta

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.USER
    access_token_life: timedelta = timedelta(minutes=15)
    refresh_token_life: timedelta = timedelta(days=30)
