"""OpenTelemetry traces: one span per request or event, W3C Trace Context in and out."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.settings import ServiceSettings

_PROPAGATOR = TraceContextTextMapPropagator()
_tracer: Tracer = NoOpTracer()
"""Of the service in this process; what records events has no app at hand."""
_UNTRACED = frozenset({"/healthz", "/readyz", "/metrics", "/dapr/subscribe", "/dapr/config"})


def start_tracing(settings: ServiceSettings) -> Tracer:
    """A tracer for this service, for a share of the traces that begin here and all that come sampled."""
    global _tracer
    sampler = ParentBased(TraceIdRatioBased(settings.trace_sample_ratio))
    _tracer = create_tracer(settings.app.value, settings, sampler=sampler)
    return _tracer


def create_tracer(
    name: str, settings: ServiceSettings, *, sampler: Sampler, id_generator: IdGenerator | None = None
) -> Tracer:
    """A tracer of spans with this `service.name`; they leave the process only if an OTLP endpoint is set."""
    resource = Resource.create({SERVICE_NAME: name})
    provider = TracerProvider(sampler=sampler, resource=resource, id_generator=id_generator)
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint.rstrip("/") + "/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("servicekit")


def get_traceparent() -> str:
    """`traceparent` of the running span, or an empty string."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def get_trace_id() -> str:
    """Trace id of the running span as 32 hex digits, or an empty string."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def parse_parent(traceparent: str) -> Context:
    """The context a `traceparent` value stands for."""
    return _PROPAGATOR.extract({"traceparent": traceparent})


def is_sampled(traceparent: str) -> bool:
    """Whether whoever began the trace has it recorded: the lowest bit of the flags at the end."""
    return traceparent[-1:] in set("13579bdf")


def create_publish_span(topic: str, event_id: str) -> str:
    """Note that an event was recorded for `topic`; what handles it becomes a child of this span."""
    with _tracer.start_as_current_span(f"{topic} publish", kind=SpanKind.PRODUCER) as span:
        _describe_message(span, topic, event_id)
        return get_traceparent()


@contextmanager
def start_event_span(tracer: Tracer, topic: str, event_id: str, traceparent: str) -> Iterator[Span]:
    """The span in which an event is handled; its parent is the span that published the event."""
    name = f"{topic} process"
    with tracer.start_as_current_span(name, parse_parent(traceparent), SpanKind.CONSUMER) as span:
        _describe_message(span, topic, event_id)
        yield span


def _describe_message(span: Span, topic: str, event_id: str) -> None:
    if span.is_recording():
        span.set_attribute("messaging.system", "kafka")
        span.set_attribute("messaging.destination.name", topic)
        span.set_attribute("messaging.message.id", event_id)


class TracingMiddleware:
    """Opens a server span for each request and tells the trace id in `traceparent`."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _UNTRACED:
            await self._app(scope, receive, send)
            return
        parent = parse_parent(_header(scope, b"traceparent"))
        name = f"{scope['method']} {scope['path'].split('/')[1]}"
        with self._tracer.start_as_current_span(name, parent, SpanKind.SERVER) as span:
            await self._app(scope, receive, _Recorder(span, scope, send))


class _Recorder:
    """Notes method, route and status on the span while the response is sent."""

    def __init__(self, span: Span, scope: Scope, send: Send) -> None:
        self._span = span
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._note(message["status"])
            message["headers"] = [*message["headers"], (b"traceparent", get_traceparent().encode())]
        await self._send(message)

    def _note(self, status: int) -> None:
        if not self._span.is_recording():
            return
        route = getattr(self._scope.get("route"), "path", self._scope["path"])
        self._span.update_name(f"{self._scope['method']} {route}")
        self._span.set_attribute("http.request.method", self._scope["method"])
        self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""
