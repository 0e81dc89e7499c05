"""All routes of the service; what services answer finds the gateway before them (`startup`)."""

from frontend_service.account_export.routes import export_router
from frontend_service.gateway.account_usage import usage_router
from frontend_service.gateway.openapi_document import openapi_router
from frontend_service.live.routes import live_router
from frontend_service.web.routers import ROUTERS

ALL = (live_router, openapi_router, export_router, usage_router, *ROUTERS)
