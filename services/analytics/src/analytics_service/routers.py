"""All routers of the service."""

from analytics_service.dead_letters.routes import operators, replays
from analytics_service.routes import FAST_READS, analytics

__all__ = ["ALL", "FAST_READS"]

ALL = (analytics, operators, replays)
