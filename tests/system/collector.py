"""An OTLP collector: receives spans over HTTP as a real one does, and keeps them."""

from collections import defaultdict
from dataclasses import dataclass, field
from email.message import Message

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.listening import Listener


@dataclass(slots=True)
class Collector:
    """Spans by trace id; each as (service, span name)."""

    spans: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener(self._respond)

    def _respond(self, _: str, __: Message, body: bytes) -> tuple[int, str, bytes]:
        self.take(ExportTraceServiceRequest.FromString(body))
        return 200, "application/x-protobuf", ExportTraceServiceResponse().SerializeToString()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            attributes = {
                attribute.key: attribute.value.string_value for attribute in resource.resource.attributes
            }
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans[span.trace_id.hex()].append((attributes["service.name"], span.name))
