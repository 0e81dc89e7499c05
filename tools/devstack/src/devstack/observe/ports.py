"""Ports and files of the monitoring of one running system."""

from dataclasses import dataclass

from devstack.addresses import HOST
from devstack.paths import ROOT

MONITORING = ROOT / "monitoring"
FIRST_PORT = 3920
NAMESPACE = "local"
"""In place of the Kubernetes namespace whose name metrics and logs carry in a cluster."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part of the monitoring listens, moved by the offset of the system it watches."""

    offset: int

    @property
    def prometheus(self) -> int:
        return self._port(0)

    @property
    def alertmanager(self) -> int:
        return self._port(1)

    @property
    def jaeger(self) -> int:
        return self._port(2)

    @property
    def jaeger_grpc(self) -> int:
        return self._port(3)

    @property
    def otlp_grpc(self) -> int:
        return self._port(4)

    @property
    def otlp_http(self) -> int:
        return self._port(5)

    @property
    def loki(self) -> int:
        return self._port(6)

    @property
    def loki_grpc(self) -> int:
        return self._port(7)

    @property
    def kafka_exporter(self) -> int:
        return self._port(8)

    @property
    def jaeger_metrics(self) -> int:
        return self._port(9)

    @property
    def jaeger_otlp_grpc(self) -> int:
        """Where the collector sends the traces it keeps."""
        return self._port(10)

    @property
    def collector_metrics(self) -> int:
        return self._port(11)

    @property
    def otlp_endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is set to (OTLP over HTTP)."""
        return f"http://{HOST}:{self.otlp_http}"

    def all(self) -> dict[str, int]:
        """Every port by what it is for."""
        names = [name for name, value in vars(Ports).items() if isinstance(value, property)]
        return {name: getattr(self, name) for name in names if name != "otlp_endpoint"}

    def pages(self) -> dict[str, str]:
        """What a person opens."""
        return {
            "Prometheus": f"http://{HOST}:{self.prometheus}",
            "Alertmanager": f"http://{HOST}:{self.alertmanager}",
            "Jaeger": f"http://{HOST}:{self.jaeger}",
            "Loki": f"http://{HOST}:{self.loki}",
        }

    def _port(self, number: int) -> int:
        return FIRST_PORT + number + self.offset
