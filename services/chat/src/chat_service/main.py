"""The chat service."""

from chat_service import routes
from chat_service.settings import Settings
from chat_service.subscriptions import subscriptions
from servicekit.app import create_app

app = create_app(Settings(), [routes.chat], listens=subscriptions)
