"""Whether a canary does well: the burn rates of the alerts, of the canary's requests alone.

The queries are those of monitoring/prometheus/rules.yaml. Prometheus is asked through the API server, so
whoever releases needs no way into the network of the cluster, but the right to ask this one Service
(charts/observability makes it).
"""

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

import yaml

from contracts.names import App
from delivery.access import Access
from devstack.errors import CommandError
from devstack.paths import ROOT

RULES = ROOT / "monitoring" / "prometheus" / "rules.yaml"
PROMETHEUS = "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/query"
FAILED, SLOW, RATE = "todo:requests_failed:ratio_rate", "todo:requests_slow:ratio_rate", "todo:requests:rate"
SHORT, LONG = "5m", "30m"
"""Windows of the records that are taken: that of the alert's fast burn and that of its slow one."""
FAST_BURN, SLOW_BURN = 14.4, 6
"""Times as fast as the budget of 30 days allows, each with its window: what pages."""
BUDGETS = {FAILED: 0.001, SLOW: 0.01}
NAMES = {FAILED: "failed", SLOW: "were slow"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Requests of one track in a window.

    requests: how many, about: Prometheus extrapolates.
    ratios: share that failed and that was slow, by record; what has no data is not in it.
    """

    requests: float
    ratios: dict[str, float]

    def burning(self, burn: float) -> list[str]:
        """What uses its budget up at more than `burn` times the pace, in words."""
        return [
            f"{ratio:.2%} {NAMES[record]} (at most {burn * BUDGETS[record]:.2%})"
            for record, ratio in self.ratios.items()
            if ratio > burn * BUDGETS[record]
        ]

    def __str__(self) -> str:
        shares = ", ".join(f"{ratio:.2%} {NAMES[record]}" for record, ratio in self.ratios.items())
        return f"{self.requests:.0f} requests, {shares or 'nothing known of them'}"


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks the Prometheus of the environment's cluster; namespace of `access` is the environment's."""

    access: Access

    def measure(self, track: str, window: str, record: str = SHORT) -> Measurement:
        """What became of the requests of `stable` or `canary`; without an answer it is as without requests.

        window: in Prometheus' notation. record: that of the queries that are taken.
        """
        try:
            rate = self._ask(f"{RATE}{SHORT}", track, window)
            found = {name: self._ask(f"{name}{record}", track, window) for name in BUDGETS}
        except CommandError:
            return Measurement(0, {})
        ratios = {name: value for name, value in found.items() if value is not None}
        return Measurement((rate or 0) * parse_window(window), ratios)

    def _ask(self, record: str, track: str, window: str) -> float | None:
        query = build_query(record, self.access.namespace, track, window)
        response = json.loads(self.access.kubectl("get", "--raw", f"{PROMETHEUS}?query={quote(query)}"))
        values = [float(each["value"][1]) for each in response["data"]["result"]]
        return values[0] if values and not math.isnan(values[0]) else None  # 0 of 0 requests is NaN


def build_query(record: str, namespace: str, track: str, window: str) -> str:
    """The query of a recording rule, for the pods of one track in one environment, over `window`."""
    edge = f'service="{App.FRONTEND}"'
    expression = read_records()[record].replace(edge, f'{edge},namespace="{namespace}",track="{track}"')
    return re.sub(r"\[\w+\]", f"[{window}]", expression)


@cache
def read_records() -> dict[str, str]:
    """Expression of each recording rule."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["record"]: rule["expr"] for group in groups for rule in group["rules"] if "record" in rule}


def parse_window(window: str) -> int:
    """Seconds of `90s` or `5m`."""
    return int(window[:-1]) * {"s": 1, "m": 60, "h": 3600}[window[-1]]
