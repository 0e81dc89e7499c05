"""One place sends a request again, within a budget (decision 34); no second one comes back."""

import re
from typing import Any

import yaml

from tests.architecture.sources import ROOT, production

BUILT_IN = "DaprBuiltInServiceRetries"
STOP = "-1ns"
"""To Dapr's backoff library the end of all tries; fewer than three `maxRetries` it takes for three."""
DAPR_ANNOTATIONS = ROOT / "charts/service/templates/_dapr.tpl"
REBALANCE_SECONDS = 60
"""Of Sarama, which daprd reads Kafka with: how long a rebalance waits for a consumer."""
ASKS_AGAIN = {
    "libs/servicekit/src/servicekit/dapr/sidecar.py",
    "services/frontend/src/frontend_service/gateway/api_gateway.py",
}
MAKE_CLIENTS = {
    "libs/servicekit/src/servicekit/dapr/sidecar.py",
    "services/notification/src/notification_service/channels/ssrf.py",
}
"""The second one's are for what lies outside, webhooks and push."""


def resiliency() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "dapr/components/resiliency.yaml").read_text())["spec"]
    return found


class TestDapr:
    def test_asks_nobody_again(self) -> None:
        assert resiliency()["policies"]["retries"][BUILT_IN]["duration"] == STOP

    def test_has_no_policies_for_apps(self) -> None:
        assert set(resiliency()["targets"]) == {"components"}


class TestDeliveries:
    """Dapr's pauses grow by half each time, up to `maxInterval`; each is up to a half longer or shorter."""

    GROWTH, SPREAD = 1.5, 0.5

    def pauses(self) -> list[float]:
        policy = resiliency()["policies"]["retries"]["delivery"]
        assert policy["policy"] == "exponential"
        first, longest = (
            float(policy["duration"].removesuffix("ms")) / 1000,
            float(policy["maxInterval"][:-1]),
        )
        return [min(first * self.GROWTH**number, longest) for number in range(policy["maxRetries"])]

    def test_are_tried_for_longer_than_an_app_takes_to_be_found_gone(self) -> None:
        app = dict(re.findall(r'app-health-([a-z-]+): "(\d+)"', DAPR_ANNOTATIONS.read_text()))
        seconds = int(app["threshold"]) * (int(app["probe-interval"]) + int(app["probe-timeout"]) / 1000)
        assert sum(self.pauses()) * (1 - self.SPREAD) > seconds

    def test_are_tried_for_less_than_kafka_waits_for_a_consumer(self) -> None:
        assert sum(self.pauses()) * (1 + self.SPREAD) < REBALANCE_SECONDS


class TestServices:
    def test_ask_again_in_one_place(self) -> None:
        found = {
            module.name for module in production("services", "libs") if "send_with_retries(" in module.text
        }
        assert found - {"libs/overload/src/overload/retries.py"} == ASKS_AGAIN

    def test_use_no_library_that_asks_again(self) -> None:
        for module in production("services", "libs"):
            names = {name.partition(".")[0] for name in module.imports()}
            assert not names & {"aiohttp_retry", "backoff", "stamina", "tenacity", "urllib3"}, module.name

    def test_reach_each_other_through_the_one_client(self) -> None:
        """Whose own retries are switched off."""
        clients = {
            module.name
            for module in production("services", "libs")
            if re.search(r"(ClientSession|AsyncClient)\(", module.text)
        }
        assert clients == MAKE_CLIENTS
