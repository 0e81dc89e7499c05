"""What Prometheus, Alertmanager, Loki and Jaeger say of the running system, through their APIs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from devstack.addresses import HOST
from devstack.observe.ports import Ports
from tests.monitoring.receivers import Receivers
from tests.system.waiting import eventually

Json = dict[str, Any]
SERVICES = {"frontend", "user", "task", "chat", "notification", "analytics"}
CALM_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Watching:
    """Questions to the parts of the monitoring."""

    session: aiohttp.ClientSession
    ports: Ports
    receivers: Receivers

    async def metrics(self, expression: str) -> list[Json]:
        """The series of an instant query, each with `metric` and `value`."""
        found: list[Json] = (await self._prometheus("query", query=expression))["result"]
        return found

    async def value(self, expression: str) -> float:
        """The one value of an instant query; NaN if there is none."""
        found = await self.metrics(expression)
        return float(found[0]["value"][1]) if found else float("nan")

    async def states(self) -> dict[str, str]:
        """Alert → pending or firing, the Watchdog left out."""
        alerts = (await self._prometheus("alerts"))["alerts"]
        states = {
            alert["labels"]["alertname"]: alert["state"] for alert in alerts if alert["state"] == "pending"
        }
        states |= {
            alert["labels"]["alertname"]: alert["state"] for alert in alerts if alert["state"] == "firing"
        }
        states.pop("Watchdog", None)
        return states

    async def told_of(self) -> set[str]:
        """Alerts that somebody is told of (not inhibited), the Watchdog left out."""
        url = f"http://{HOST}:{self.ports.alertmanager}/api/v2/alerts"
        alerts = await self._get(url, inhibited="false", active="true")
        return {alert["labels"]["alertname"] for alert in alerts} - {"Watchdog"}

    async def is_calm(self) -> None:
        """Wait until all is scraped, the edge has traffic, no alert is up and nobody was told of one."""

        async def look() -> tuple[set[str], set[str], dict[str, str], bool]:
            apps = await self.metrics('rate(process_cpu_seconds_total{job="todo"}[10s])')
            sidecars = await self.metrics('up{job="dapr"} == 1')
            busy = await self.metrics("todo:requests:rate5m > 1 and todo:requests_slow:ratio_rate5m < 0.05")
            alerts = await self.told_of() | self.receivers.unresolved()
            return _services(apps), _services(sidecars), await self.states(), bool(busy) and not alerts

        await eventually(look, lambda seen: seen == (SERVICES, SERVICES, {}, True), CALM_SECONDS)

    async def logs(self, query: str, seconds: int = 600) -> list[tuple[Json, str]]:
        """Lines with their labels (structured metadata among them), newest first."""
        streams = (await self.loki(query, seconds))["result"]
        return [(stream["stream"], line) for stream in streams for _, line in stream["values"]]

    async def loki(self, query: str, seconds: int = 600) -> Json:
        url = f"http://{HOST}:{self.ports.loki}/loki/api/v1/query_range"
        response = await self._get(url, query=query, since=f"{seconds}s", limit="1000", step="5")
        data: Json = response["data"]
        return data

    async def trace(self, trace_id: str) -> list["Span"]:
        """The spans of a trace; none while Jaeger doesn't know it."""
        url = f"http://{HOST}:{self.ports.jaeger}/api/traces/{trace_id}"
        async with self.session.get(url) as response:
            found = (await response.json())["data"] if response.status == 200 else []
        return [span for trace in found for span in _spans(trace)]

    async def recent_spans(self, services: list[str]) -> list["Span"]:
        """Spans of the newest traces each of these services takes part in."""
        url = f"http://{HOST}:{self.ports.jaeger}/api/traces"
        responses = [await self._get(url, service=service, limit="20") for service in services]
        return [span for response in responses for trace in response["data"] for span in _spans(trace)]

    async def _prometheus(self, what: str, **parameters: str) -> Json:
        response = await self._get(f"http://{HOST}:{self.ports.prometheus}/api/v1/{what}", **parameters)
        assert response["status"] == "success", response
        data: Json = response["data"]
        return data

    async def _get(self, url: str, **parameters: str) -> Any:
        async with self.session.get(url, params=parameters) as response:
            assert response.status == 200, f"{url} {parameters}: {await response.text()}"
            return await response.json()


@dataclass(frozen=True, slots=True)
class Span:
    """One span as Jaeger tells it; `library` is the instrumentation: ours, or the sidecar's."""

    id: str
    parent: str
    service: str
    name: str
    tags: Mapping[str, Any]

    @property
    def library(self) -> str:
        return str(self.tags.get("otel.scope.name", ""))


def _spans(trace: Json) -> list[Span]:
    services = {key: process["serviceName"] for key, process in trace["processes"].items()}
    return [
        Span(
            span["spanID"],
            next((reference["spanID"] for reference in span["references"]), ""),
            services[span["processID"]],
            span["operationName"],
            {tag["key"]: tag["value"] for tag in span["tags"]},
        )
        for span in trace["spans"]
    ]


def _services(series: list[Json]) -> set[str]:
    return {each["metric"]["service"] for each in series}
