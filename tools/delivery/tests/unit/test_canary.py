"""A canary step by step, on a cluster that keeps Helm's revisions and answers as Prometheus does."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from delivery.access import Access
from delivery.canary import CanaryRelease
from delivery.environments import load_environment
from delivery.infrastructure_values import CONFIG_MAP
from delivery.judge import BUDGETS, FAILED, FAST_BURN, RULES, SLOW, SLOW_BURN, build_query, read_records
from delivery.releases import Release
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import INFRASTRUCTURE, config_map, pairs

OLD, NEW = "a" * 40, "b" * 40
STEPS = [{"weight": 10, "minutes": 1}, {"weight": 50, "minutes": 1}]
GOOD = {"requests": 1000.0, "failed": 0.0, "slow": 0.0}


def edge(image: str) -> dict[str, Any]:
    """Manifests of a release, as far as they are looked at."""
    template = {"spec": {"containers": [{"image": image}]}}
    deployment = {"kind": "Deployment", "metadata": {"name": "frontend"}, "spec": {"template": template}}
    return {"manifest": yaml.safe_dump_all([deployment, {"kind": "HTTPRoute", "metadata": {}}])}


@dataclass
class Revisions:
    """What Helm and Prometheus have.

    measured: of the canary's last requests, by how often it was asked; the last goes on.
    refuses: a word of the Helm command that fails. ready: pods of the canary.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    measured: list[dict[str, float]] = field(default_factory=lambda: [GOOD])
    refuses: str = "nothing"
    ready: int = 2
    rendered: str = "edge:new"

    def add(self, description: str, values: dict[str, Any], status: str = "deployed") -> None:
        for each in self.entries:
            if status == "deployed" and each["status"] == "deployed":
                each["status"] = "superseded"
        number = len(self.entries) + 1
        self.entries.append(
            {"revision": number, "status": status, "description": description, "values": values}
        )

    @property
    def descriptions(self) -> list[str]:
        return [each["description"] for each in self.entries]

    @property
    def canary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.entries[-1]["values"].get("frontend", {}).get("canary", {})
        return found

    def helm(self, arguments: Sequence[str]) -> str:
        if self.refuses in " ".join(arguments):
            raise CommandError(f"`helm {arguments[0]}` failed")
        match arguments[:2]:
            case ["history", _]:
                if not self.entries:
                    raise CommandError("release: not found")
                return json.dumps(self.entries)
            case ["get", "values"]:
                return json.dumps(self.entries[-1]["values"])
            case ["get", "manifest"]:
                return str(edge("edge:old")["manifest"])
            case ["template", _]:
                return str(edge(self.rendered)["manifest"])
            case ["rollback", _]:
                target = self.entries[int(arguments[2]) - 1]
                self.add(f"Rollback to {target['revision']}", target["values"])
            case ["upgrade", _]:
                self._upgrade(arguments)
        return ""

    def _upgrade(self, arguments: Sequence[str]) -> None:
        reuses = "--reuse-values" in arguments
        values = json.loads(json.dumps(self.entries[-1]["values"])) if reuses else {}
        for setting in pairs(arguments, "--set-json"):
            name, value = setting.split("=", 1)
            canary = values.setdefault("frontend", {}).setdefault("canary", {})
            canary[name.removeprefix("frontend.canary.")] = json.loads(value)
        for setting in pairs(arguments, "--set-string"):
            values["global"] = {"image": {"tag": setting.split("=", 1)[1]}}
        described = [each.split("=", 1)[1] for each in arguments if each.startswith("--description=")]
        self.add(described[0] if described else "Upgrade complete", values)

    def kubectl(self, arguments: Sequence[str]) -> str:
        if arguments[:3] == ("get", "configmap", CONFIG_MAP):
            return config_map(INFRASTRUCTURE)
        if arguments[:2] == ("get", "deployment/frontend-canary"):
            return json.dumps({"status": {"readyReplicas": self.ready}})
        if arguments[1] == "--raw":
            return self._ask(unquote(arguments[2].split("query=")[1]))
        return "some pods"

    def _ask(self, query: str) -> str:
        now = self.measured[0]
        if "canary" not in query:
            now = GOOD
        elif "_bucket" in query and len(self.measured) > 1:  # the last of three questions
            self.measured.pop(0)
        name = "slow" if "_bucket" in query else "failed" if "5.." in query else "requests"
        value = now[name] / 60 if name == "requests" else now[name]
        result = [{"value": [0, str(value)]}] if now["requests"] else []
        return json.dumps({"data": {"result": result}})


@dataclass(frozen=True, slots=True)
class FakeAccess(Access):
    revisions: Revisions = field(default_factory=Revisions)

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        return self.revisions.helm(arguments)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return self.revisions.kubectl(arguments)


@pytest.fixture
def cluster() -> Revisions:
    made = Revisions()
    made.add("Install complete", {"global": {"image": {"tag": OLD}}})
    return made


Run = Callable[..., list[str]]


@pytest.fixture
def run(cluster: Revisions, tmp_path: Path) -> Run:
    """Releases; returns what it said."""
    file = tmp_path / "values.yaml"
    canary = {"steps": STEPS, "window": "1m", "requests": 50, "patience": 2}
    file.write_text(yaml.safe_dump({"frontend": {"canary": canary}}))
    where = load_environment("staging", [("todo", file)])

    def release(tag: str = NEW, steps: int = 10**6) -> list[str]:
        lines: list[str] = []
        left = [steps]

        def sleep(_: float) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        access = FakeAccess("staging", revisions=cluster)
        CanaryRelease(access, Release(where, {}, tag=tag), lines.append, sleep).run()
        return lines

    return release


class TestGoodRelease:
    def test_is_promoted_step_by_step(self, cluster: Revisions, run: Run) -> None:
        run()
        steps = ["Canary 0 %", "Canary 10 %", "Canary 50 %", "Canary promoted", "Upgrade complete"]
        assert cluster.descriptions == ["Install complete", *steps]
        weights = [each["values"]["frontend"]["canary"]["weight"] for each in cluster.entries[1:]]
        assert weights == [0, 10, 50, 50, 0]

    def test_leaves_the_others_as_they_are_until_then(self, cluster: Revisions, run: Run) -> None:
        run()
        kept = [each["values"]["frontend"]["canary"]["stable"] for each in cluster.entries[1:]]
        assert [bool(each) for each in kept] == [True, True, True, False, False]
        assert yaml.safe_load(kept[0])["spec"]["containers"][0]["image"] == "edge:old"

    def test_without_another_edge_needs_no_canary(self, cluster: Revisions, run: Run) -> None:
        cluster.rendered = "edge:old"
        run()
        assert cluster.descriptions == ["Install complete", "Upgrade complete"]

    def test_that_is_the_first_needs_none(self, cluster: Revisions, run: Run) -> None:
        cluster.entries.clear()
        run()
        assert cluster.descriptions == ["Upgrade complete"]


class TestBadRelease:
    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            ({"failed": 0.02}, r"2.00% failed \(at most 1.44%\), of the others: 1000 requests, 0.00% failed"),
            ({"slow": 0.2}, r"20.00% were slow \(at most 14.40%\)"),
            ({"requests": 0.0}, "it had 0 requests, nothing known of them"),
            ({"requests": 20.0}, "it had 20 requests"),
        ],
        ids=["fails", "is slow", "no data", "too little data"],
    )
    def test_goes_back(self, cluster: Revisions, run: Run, seen: dict[str, float], reason: str) -> None:
        cluster.measured = [GOOD, GOOD | seen]
        with pytest.raises(CommandError, match=f"The canary went back: .*{reason}"):
            run()
        assert cluster.descriptions[-1] == "Rollback to 1"
        assert not cluster.canary

    def test_that_uses_its_budget_up_too_fast_goes_back_before_it_is_promoted(
        self, cluster: Revisions, run: Run
    ) -> None:
        cluster.measured = [GOOD | {"failed": 0.007}]
        with pytest.raises(CommandError, match=r"of all its requests 0.70% failed \(at most 0.60%\)"):
            run()
        assert cluster.descriptions[-2:] == ["Canary 50 %", "Rollback to 1"]

    def test_without_a_pod_goes_back_at_once(self, cluster: Revisions, run: Run) -> None:
        cluster.ready = 0
        with pytest.raises(CommandError, match="none of its pods is ready"):
            run()
        assert cluster.descriptions == ["Install complete", "Canary 0 %", "Canary 10 %", "Rollback to 1"]

    def test_whose_others_do_not_become_ready_goes_back(self, cluster: Revisions, run: Run) -> None:
        cluster.refuses = "Canary promoted"
        with pytest.raises(CommandError, match="the others did not become what it is"):
            run()
        assert cluster.descriptions[-1] == "Rollback to 1"

    def test_waits_for_data_before_that(self, cluster: Revisions, run: Run) -> None:
        cluster.measured = [*([GOOD | {"requests": 0.0}] * 7), GOOD]
        run()
        assert cluster.descriptions[-1] == "Upgrade complete"


class TestInterruptedRelease:
    @pytest.mark.parametrize("steps", [0, 2, 5, 6])
    def test_goes_on(self, cluster: Revisions, run: Run, steps: int) -> None:
        with pytest.raises(KeyboardInterrupt):
            run(steps=steps)
        before = list(cluster.descriptions)
        run()
        assert cluster.descriptions[: len(before)] == before
        assert cluster.descriptions.count("Canary 0 %") == 1
        assert cluster.descriptions[-2:] == ["Canary promoted", "Upgrade complete"]

    def test_goes_on_from_a_promotion(self, cluster: Revisions, run: Run) -> None:
        canary = {"enabled": True, "weight": 50, "stable": ""}
        cluster.add("Canary promoted", {"frontend": {"canary": canary}, "global": {"image": {"tag": NEW}}})
        run()
        assert cluster.descriptions[2:] == ["Upgrade complete"]

    def test_of_another_commit_goes_back_first(self, cluster: Revisions, run: Run) -> None:
        with pytest.raises(KeyboardInterrupt):
            run(steps=1)
        run(tag="c" * 40)
        assert cluster.descriptions[2:5] == ["Canary 10 %", "Rollback to 1", "Canary 0 %"]
        assert cluster.descriptions[-1] == "Upgrade complete"

    @pytest.mark.parametrize("description", ["Preparing upgrade", "Canary 50 %"])
    def test_in_the_middle_of_a_change_goes_back_first(
        self, cluster: Revisions, run: Run, description: str
    ) -> None:
        """Helm refuses to go on from there."""
        cluster.add(description, {}, status="pending-upgrade")
        run()
        assert cluster.descriptions[2:4] == ["Rollback to 1", "Canary 0 %"]

    def test_goes_back_to_what_ran_and_not_to_a_rollback(self, cluster: Revisions, run: Run) -> None:
        """By the number of its content `find_last_good` tells whether two revisions are the same."""
        cluster.add("Rollback to 1", cluster.entries[0]["values"])
        cluster.add("Preparing upgrade", {}, status="pending-upgrade")
        run()
        assert cluster.descriptions[3] == "Rollback to 1"


class TestQueries:
    def test_are_those_of_the_alerts_for_one_track(self) -> None:
        for record in (f"{FAILED}5m", f"{SLOW}5m", "todo:requests:rate5m"):
            query = build_query(record, "staging", "canary", "5m")
            selected = 'service="frontend",namespace="staging",track="canary"'
            assert query.count(selected) == query.count("{") > 0
            assert query.replace(',namespace="staging",track="canary"', "") == read_records()[record]

    def test_look_at_the_window_that_is_asked_for(self) -> None:
        assert set(re.findall(r"\[\w+\]", build_query(f"{SLOW}30m", "staging", "canary", "90s"))) == {"[90s]"}

    def test_have_the_thresholds_of_the_alerts(self) -> None:
        alerts = RULES.read_text()
        for record, budget in BUDGETS.items():
            assert f"{record}5m > {FAST_BURN} * {budget}" in alerts
            assert f"{record}30m > {SLOW_BURN} * {budget}" in alerts
