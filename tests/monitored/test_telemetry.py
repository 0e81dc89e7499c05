"""What the running system emits is what monitoring/telemetry.yaml says, and not too much of it."""

import json
import re
from collections import defaultdict

from devstack.observe.ports import NAMESPACE
from tests.monitored.traffic import Traffic
from tests.monitored.watching import Watching
from tests.monitoring.telemetry import series_names, telemetry
from tests.system.waiting import eventually

SCRAPE_LABELS = {"job", "namespace", "service", "track", "pod", "container", "instance", "__name__"}
SCRAPE_SERIES = re.compile(r"up|scrape_\w+|ALERTS\w*|todo:.+")
JAEGERS_TAGS = re.compile(r"span\.kind|otel\.\w+(\.\w+)?|internal\.span\.format|error|w3c\.tracestate")
"""Jaeger's words for the kind, library and status of a span."""
MAX_SERIES = 1500
"""Of one pod: the service and its sidecar."""
OUR_LOGGERS = re.compile(r"(servicekit|\w+_service)\b")
ALL_OURS = f'{{namespace="{NAMESPACE}", container=~"frontend|user|task|chat|notification|analytics"}} | json'


class TestMetrics:
    async def test_are_those_described(self, watching: Watching, traffic: Traffic) -> None:
        known, seen = series_names(), defaultdict[str, set[str]](set)
        for series in await watching.metrics('{job="todo"}'):
            name = series["metric"]["__name__"]
            if not SCRAPE_SERIES.fullmatch(name):
                seen[known.get(name, name)] |= set(series["metric"]) - SCRAPE_LABELS - {"le"}
        described = {name: set(entry.get("labels", [])) for name, entry in telemetry()["metrics"].items()}
        not_yet = set(described) - set(seen)
        assert not_yet <= {"todo_dead_letters_total"}, "described and never emitted"
        assert seen == {name: described[name] for name in seen if name in described}

    async def test_are_bounded_in_each_pod(self, watching: Watching, traffic: Traffic) -> None:
        found = await watching.metrics('count by (pod) ({job=~"todo|dapr"})')
        counts = {series["metric"]["pod"]: int(series["value"][1]) for series in found}
        assert len(counts) == 6
        assert max(counts.values()) < MAX_SERIES, counts


class TestAttributes:
    async def test_are_those_described(self, watching: Watching, traffic: Traffic) -> None:
        async def attributes() -> set[str]:
            spans = await watching.recent_spans(["frontend", "task", "notification", "analytics", "user"])
            ours = [span for span in spans if span.library == "servicekit"]
            return {tag for span in ours for tag in span.tags if not JAEGERS_TAGS.fullmatch(tag)}

        described = set(telemetry()["attributes"]) - {"service.name"}
        await eventually(attributes, lambda seen: seen == described)


class TestLogs:
    async def test_are_those_described(self, watching: Watching, traffic: Traffic) -> None:
        patterns = [re.escape(message).replace("%s", ".*") for message in telemetry()["logs"]]
        event = re.compile("|".join(patterns), re.S)

        async def ours() -> list[dict[str, str]]:
            lines = [line for _, line in await watching.logs(ALL_OURS, 3600) if line.startswith("{")]
            return [entry for line in lines if OUR_LOGGERS.match((entry := json.loads(line))["logger"])]

        for entry in await eventually(ours, lambda found: len(found) >= 6):
            assert set(entry) <= set(telemetry()["fields"]), entry
            assert event.fullmatch(entry["message"]), entry
