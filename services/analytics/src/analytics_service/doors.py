"""All doors HTTP requests come in by."""

from analytics_service.dead_letters.routes import operators, replays
from analytics_service.routes import QUICK, analytics

__all__ = ["QUICK", "ROUTERS"]

ROUTERS = (analytics, operators, replays)
