"""Settings of the notification service."""

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.NOTIFICATION
