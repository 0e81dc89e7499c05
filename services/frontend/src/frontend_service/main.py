"""The frontend: the API gateway, the live stream, and the web pages."""

from fastapi import FastAPI

from frontend_service.gateway.overload_policy import POLICY
from frontend_service.gateway.security_middleware import add_security_middleware
from frontend_service.live import EventLog, SseBroker, subscriptions
from frontend_service.routers import ALL
from frontend_service.settings import Settings, read_log_limits
from frontend_service.startup import startup_steps
from servicekit.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    broker = SseBroker(settings.quota_streams, EventLog(read_log_limits(settings)))
    startup = startup_steps(settings, broker)
    app = create_app(settings, ALL, has_database=False, public=True, startup=startup, admission=POLICY)
    subscriptions.mount(app, broker)
    return add_security_middleware(app, settings)
