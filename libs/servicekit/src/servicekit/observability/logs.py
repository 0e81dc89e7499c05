"""Structured logs: one JSON object per line, with service and trace id."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from servicekit.observability.tracing import get_trace_id
from servicekit.settings import ServiceSettings


class _AddContext(logging.Filter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = self._service
        record.trace_id = get_trace_id()
        return True


def start_logging(settings: ServiceSettings) -> None:
    """Send everything, uvicorn's lines included, to standard output as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_AddContext(settings.app.value))
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}{service}{trace_id}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # metrics and traces tell more, for less
    logging.getLogger("alembic").setLevel(logging.WARNING)
