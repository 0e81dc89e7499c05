"""The frontend: web pages, live stream, and the edge of the API."""

from frontend_service import api, subscriptions
from frontend_service.live import Hub
from frontend_service.settings import Settings
from frontend_service.startup import open_edge
from servicekit.app import create_app

app = create_app(Settings(), [api.router], has_database=False, public=True, startup=[open_edge])
app.state.hub = Hub()
subscriptions.mount(app, app.state.hub)
