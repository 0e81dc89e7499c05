"""Live updates: a broker of Server-Sent Events, fed by the events every replica hears."""

from frontend_service.live.broker import SseBroker
from frontend_service.live.event_log import EventLog

__all__ = ["EventLog", "SseBroker"]
