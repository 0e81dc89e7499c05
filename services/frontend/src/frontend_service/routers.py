"""All routes of the service; what services answer finds the edge before them (`startup`)."""

from frontend_service import api, assets, usage
from frontend_service.account_export.routes import exports
from frontend_service.pages.routes import ROUTERS

ALL = (api.own, exports, usage.own_usage, assets.router, *ROUTERS)
