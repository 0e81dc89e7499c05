"""Settings of the chat service."""

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.CHAT
