"""The shipped monitors and rules, loaded by the real Prometheus operator, on real exporters."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cluster.cluster import Cluster
from contracts.names import App
from devstack.paths import ROOT
from tests.cluster.given import KIND
from tests.cluster.monitoring.watching import Watching
from tests.cluster.todo.system import System
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(1200)  # the first test waits for everything

SCRAPED_SECONDS = 120
INSTANCES = 3
KNOWN = yaml.safe_load((ROOT / "monitoring" / "telemetry.yaml").read_text())["used"]
OF_EXPORTERS = re.compile(r"CloudNativePG|redis_exporter|Dapr|kube-state-metrics")
"""Sources of metrics that run on every cluster of the tests."""
OF_KIND = re.compile(r"cert-manager|kafka_exporter|Strimzi")
"""Those that run where the whole platform does."""
UNSEEN = {"kube_cronjob_status_last_successful_time"}
"""Has no series until a job of a CronJob has ended."""


@pytest.fixture(scope="module")
def system(cluster: Cluster) -> System:
    """The platform, which the tests of tests/cluster/todo install too."""
    installed = System.of(cluster)
    installed.install()
    return installed


@pytest.fixture(scope="module")
def watching(system: System) -> Iterator[Watching]:
    made = Watching(system.cluster)
    made.install()
    yield made
    made.uninstall()


class TestTargets:
    async def test_are_up_in_the_namespace_of_the_environment(self, watching: Watching) -> None:
        """Through every network policy; the platform lives in a namespace that no monitor names."""
        expected = {"todo": len(App), "dapr": len(App), "postgres": INSTANCES, "redis": 1}

        async def found() -> dict[tuple[str, str], int]:
            return await asyncio.to_thread(watching.count_targets)

        def is_complete(counted: dict[tuple[str, str], int]) -> bool:
            return all(counted.get((job, "up"), 0) >= least for job, least in expected.items())

        counted = await eventually(found, is_complete, SCRAPED_SECONDS)
        ours = {job for job, health in counted if health != "up"}
        assert not ours & expected.keys(), counted
        assert ("dapr-control-plane", "up") in counted

    def test_carry_the_namespace_of_their_pods(self, watching: Watching, system: System) -> None:
        found = watching.query('count by (namespace) (up{job="todo"})')
        assert [each["metric"]["namespace"] for each in found] == [system.namespace]

    def test_have_fewer_samples_than_are_taken(self, watching: Watching) -> None:
        """kube-state-metrics has most by far."""
        assert watching.query("prometheus_target_scrapes_exceeded_sample_limit_total > 0") == []
        [most] = watching.query("max(scrape_samples_scraped)")
        assert 1000 < float(most["value"][1]) < 50_000


class TestRules:
    def test_are_all_loaded_and_evaluated_without_an_error(self, watching: Watching) -> None:
        shipped = yaml.safe_load((ROOT / "monitoring" / "prometheus" / "rules.yaml").read_text())
        expected = {
            rule.get("alert") or rule["record"] for group in shipped["groups"] for rule in group["rules"]
        }
        loaded: list[dict[str, Any]] = [
            rule for group in watching.ask("rules")["groups"] for rule in group["rules"]
        ]
        assert {rule["name"] for rule in loaded} >= expected
        assert [rule for rule in loaded if rule["health"] == "err"] == []


@pytest.mark.parametrize(
    "source", [each for each in KNOWN if OF_EXPORTERS.search(each) or OF_KIND.search(each)]
)
async def test_metrics_that_rules_use_are_what_exporters_say(
    source: str, watching: Watching, system: System
) -> None:
    """Their names were read in sources; these are the programs themselves."""
    if OF_KIND.search(source) and system.values != KIND:
        pytest.skip("what has these metrics runs on the cluster of nightly.yml only")
    names = set(KNOWN[source]) - UNSEEN

    async def missing() -> set[str]:
        found = await asyncio.to_thread(watching.ask, "label/__name__/values")
        return names - set(found)

    await eventually(missing, lambda left: not left, SCRAPED_SECONDS)
