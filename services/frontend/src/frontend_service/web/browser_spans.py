"""Spans of browsers: how long a page waited for a response and showed it, as the root of its trace.

A page starts the trace (W3C Trace Context) and tells its span when it has ended; the frontend hands it on
under the ids the page chose. Nothing a browser says reaches the collector unchecked.
"""

import time
from typing import Annotated, Literal, Self

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, Tracer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from servicekit.observability.tracing import create_tracer
from servicekit.settings import ServiceSettings

MOST_SPANS = 50
LONGEST_MS = 120_000
CLOCK_SKEW_MS = 600_000
"""How far a browser's clock may be off; beyond it a span would lie outside of its trace."""


class BrowserSpan(BaseModel):
    """A request of a page, from its sending to the response being on the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    span_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    route: Annotated[str, Field(pattern=r"^/[a-z{}/_-]{0,100}$")]
    """The path with `{id}` in place of what differs from one task to the next."""
    start: float
    """Milliseconds since 1970 by the browser's clock, as is `end`."""
    end: float

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if not int(self.trace_id, 16) or not int(self.span_id, 16):
            raise ValueError("an id of zeros only")
        if not 0 <= self.end - self.start <= LONGEST_MS:
            raise ValueError("ends before it starts, or lasts too long")
        if not abs(time.time() * 1e3 - self.end) <= CLOCK_SKEW_MS:
            raise ValueError("not of this time")
        return self


SPANS = TypeAdapter(Annotated[list[BrowserSpan], Field(max_length=MOST_SPANS)])


class BrowserSpans:
    """Hands spans of browsers on."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._ids = _ChosenIds()
        self._tracer: Tracer = create_tracer("browser", settings, sampler=ALWAYS_ON, id_generator=self._ids)

    def record(self, reported: BrowserSpan) -> None:
        """Export one span under the ids the page chose.

        The ids are kept for the next span that is started, so nothing may be awaited in between.
        """
        self._ids.choose(reported)
        attributes = {"http.request.method": reported.method, "http.route": reported.route}
        span = self._tracer.start_span(
            f"{reported.method} {reported.route}",
            Context(),
            SpanKind.CLIENT,
            attributes,
            start_time=round(reported.start * 1e6),
        )
        span.end(round(reported.end * 1e6))


class _ChosenIds(IdGenerator):
    """The ids of the span that is recorded next."""

    def choose(self, reported: BrowserSpan) -> None:
        self._trace_id, self._span_id = int(reported.trace_id, 16), int(reported.span_id, 16)

    def generate_trace_id(self) -> int:
        return self._trace_id

    def generate_span_id(self) -> int:
        return self._span_id
