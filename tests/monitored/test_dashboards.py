"""Dashboards: every query of every panel has data in the Prometheus or Loki that watches a busy system.

Where it can't have any here, `away` in monitoring/grafana/panels.yaml says why.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from devstack.observe.ports import NAMESPACE
from devstack.paths import ROOT
from tests.monitored.traffic import Traffic
from tests.monitored.watching import Watching
from tests.system.api import ApiResponse
from tests.system.waiting import eventually

GRAFANA = ROOT / "monitoring" / "grafana"
VARIABLES = {"$__rate_interval": "20s", "$__auto": "1m", "$namespace": NAMESPACE}
"""What Grafana would put in their place, for a scrape interval of half a second."""
DATA_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel, as Grafana gets it; away: why it has no data here."""

    board: str
    panel: str
    source: str
    expression: str
    away: str

    async def has_data(self, watching: Watching) -> bool:
        """Raises `AssertionError` if the query isn't understood."""
        if self.source == "loki":
            return bool((await watching.loki(self.expression))["result"])
        return bool(await watching.metrics(self.expression))


def queries() -> Iterator[Query]:
    panels = yaml.safe_load((GRAFANA / "panels.yaml").read_text())
    for path in sorted((GRAFANA / "dashboards").glob("*.json")):
        away = {panel["title"]: panel.get("away", "") for panel in panels[path.stem]["panels"]}
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                expression = target["expr"]
                for variable, value in VARIABLES.items():
                    expression = expression.replace(variable, value)
                source, title = target["datasource"]["type"], panel["title"]
                yield Query(path.stem, title, source, expression, away[title])


@pytest.fixture
async def busy(traffic: Traffic) -> Traffic:
    """Every service is asked something, so that every panel has something to show."""
    paths = ["/notifications", "/analytics/summary", "/users/me"]

    async def also(number: int) -> ApiResponse:
        if number % 20:
            return await traffic.ada.ask("GET", paths[number // 10 % len(paths)])
        return await traffic.ada.ask("POST", "/chat/messages", {"text": f"add milk {number}"})

    traffic.also = also
    return traffic


class TestQueries:
    async def test_have_data(self, watching: Watching, busy: Traffic) -> None:
        async def empty() -> list[Query]:
            return [query for query in queries() if not query.away and not await query.has_data(watching)]

        await eventually(empty, lambda found: not found, DATA_SECONDS)

    async def test_that_have_none_here_are_understood(self, watching: Watching) -> None:
        for query in queries():
            if query.away:
                await query.has_data(watching)

    async def test_of_kubernetes_have_none_here(self, watching: Watching) -> None:
        """Else the reason in panels.yaml is wrong."""
        assert [
            query.panel
            for query in queries()
            if query.board == "kubernetes" and await query.has_data(watching)
        ] == []
