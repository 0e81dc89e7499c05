"""All routes of the service; what services answer finds the edge before them (`startup`)."""

from frontend_service.account_export.routes import exports
from frontend_service.gateway import account_usage
from frontend_service.live import routes
from frontend_service.web import static_files
from frontend_service.web.routers import ROUTERS

ALL = (routes.own, exports, account_usage.own_usage, static_files.router, *ROUTERS)
