"""What browsers tell of their part of a trace, and what of it is believed."""

import json
import time
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.web.browser_spans import CLOCK_SKEW_MS, LONGEST_MS, MOST_SPANS
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace import Tracer as SdkTracer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def a_span(**differing: Any) -> dict[str, Any]:
    now = time.time() * 1e3
    span = {"trace_id": TRACE, "span_id": SPAN, "method": "POST", "route": "/tasks/{id}/done"}
    return span | {"start": now - 120.5, "end": now} | differing


@pytest.fixture
def recorded(app: FastAPI) -> InMemorySpanExporter:
    """What would leave for the collector."""
    exporter = InMemorySpanExporter()
    tracer = container_of(app).browser_spans._tracer
    assert isinstance(tracer, SdkTracer)
    tracer.span_processor.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


class TestReportedSpans:
    async def test_are_exported_with_their_own_ids(
        self, ada: httpx2.AsyncClient, recorded: InMemorySpanExporter
    ) -> None:
        spans = [a_span(), a_span(span_id="1" * 16, method="GET", route="/")]
        response = await ada.post("/browser-spans", content=json.dumps(spans))
        assert response.status_code == 204
        first, second = recorded.get_finished_spans()
        assert _ids(first) == (TRACE, SPAN)
        assert first.parent is None
        assert first.name == "POST /tasks/{id}/done"
        assert first.resource.attributes["service.name"] == "browser"
        assert first.start_time is not None
        assert first.end_time is not None
        assert (first.end_time - first.start_time) / 1e6 == pytest.approx(120.5, abs=0.01)
        assert _ids(second) == (TRACE, "1" * 16)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"trace_id": "0" * 32},
            {"trace_id": TRACE.upper()},
            {"span_id": "0" * 16},
            {"span_id": "short"},
            {"method": "BREW"},
            {"route": "/tasks/0192"},
            {"route": "tasks"},
            {"route": "/" + "a" * 200},
            {"start": 1.0, "end": 2.0},
            {"start": time.time() * 1e3 - LONGEST_MS - 1e4},
            {"end": time.time() * 1e3 + CLOCK_SKEW_MS + 1e8},
            {"end": float("nan")},
            {"end": 0},
            {"user": "somebody"},
        ],
    )
    async def test_are_rejected_if_no_page_of_ours_sends_them(
        self, ada: httpx2.AsyncClient, recorded: InMemorySpanExporter, wrong: dict[str, Any]
    ) -> None:
        response = await ada.post("/browser-spans", content=json.dumps([a_span(), a_span(**wrong)]))
        assert response.status_code == 422
        assert not recorded.get_finished_spans()

    @pytest.mark.parametrize("body", [b"", b"{", b"{}", b"\xff", b"[1]"])
    async def test_are_rejected_if_malformed(self, ada: httpx2.AsyncClient, body: bytes) -> None:
        assert (await ada.post("/browser-spans", content=body)).status_code == 422

    async def test_are_limited_in_number(self, ada: httpx2.AsyncClient) -> None:
        for count, status in ((MOST_SPANS, 204), (MOST_SPANS + 1, 422)):
            content = json.dumps([a_span()] * count)
            assert (await ada.post("/browser-spans", content=content)).status_code == status

    async def test_require_a_signed_in_user(
        self, nobody: httpx2.AsyncClient, recorded: InMemorySpanExporter
    ) -> None:
        response = await nobody.post("/browser-spans", content=json.dumps([a_span()]))
        assert response.status_code == 303
        assert not recorded.get_finished_spans()


def _ids(span: ReadableSpan) -> tuple[str, str]:
    assert span.context
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"
