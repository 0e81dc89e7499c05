"""All routers of the service."""

from analytics_service.dead_letters.routes import operators, replays
from analytics_service.routes import QUICK, analytics

__all__ = ["ALL", "QUICK"]

ALL = (analytics, operators, replays)
