"""Alerts: each fires when it must and is quiet when it may, says what to do, and reaches whom it should."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.names import PUBSUB
from devstack.observe.durations import DURATION, SECONDS, mask_durations, shorten_durations
from devstack.observe.prometheus import ROUTES, RULES, TEMPLATES
from devstack.paths import ROOT
from devstack.toolbox.alertmanager import AMTOOL
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.monitoring import PROMTOOL
from devstack.toolbox.tool import Tool
from tests.architecture.test_events import metadata, scopes

RULE_TESTS = sorted((ROOT / "monitoring" / "prometheus" / "tests").glob("*.yaml"))
DIVISOR = 30
NAME = re.compile(r"^  - name: \"(\w+): (fires|is quiet)", re.M)


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def names() -> set[str]:
    return {alert["alert"] for alert in alerts()}


def run_tool(tool: Tool, *arguments: str | Path) -> str:
    """What a program prints; it must end well."""
    done = subprocess.run([find_tool(tool), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestRules:
    def test_are_what_prometheus_reads(self) -> None:
        assert "SUCCESS" in run_tool(PROMTOOL, "check", "rules", "--lint-fatal", RULES)

    @pytest.mark.timeout(900)  # promtool reckons through days of samples: minutes of a processor
    @pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
    def test_fire_and_are_quiet(self, path: Path) -> None:
        assert "SUCCESS" in run_tool(PROMTOOL, "test", "rules", path)

    def test_have_each_a_test_that_fires_and_one_that_does_not(self) -> None:
        found = {match for path in RULE_TESTS for match in NAME.findall(path.read_text())}
        assert {name for name, outcome in found if outcome == "fires"} == names()
        assert {name for name, outcome in found if outcome == "is quiet"} == names() - {"Watchdog"}

    @pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
    def test_says_what_happened_and_what_to_do(self, alert: dict[str, Any]) -> None:
        assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
        assert alert["labels"]["severity"] in {"page", "ticket", "none"}
        document, anchor = alert["annotations"]["runbook_url"].split("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / document).read_text(), re.M)
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["ConsumerLag", "ConsumerLagUnknown"])
def test_every_group_of_a_service_is_watched(name: str) -> None:
    """Those of the frontend's replicas come and go with them, and miss nothing that matters."""
    hears = scopes(metadata(PUBSUB)["subscriptionScopes"])
    [alert] = [each for each in alerts() if each["alert"] == name]
    watched = re.findall(r'consumergroup=~?"([^"]+)"', alert["expr"])
    assert {group for groups in watched for group in groups.split("|")} == {
        app for app, topics in hears.items() if topics
    }


class TestRoutes:
    def test_are_what_alertmanager_reads(self) -> None:
        assert "SUCCESS" in run_tool(AMTOOL, "check-config", ROUTES)

    @pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
    def test_lead_to_whom_it_concerns(self, alert: dict[str, Any]) -> None:
        severity = alert["labels"]["severity"]
        receiver = {"page": "slack-pages", "ticket": "slack-tickets", "none": "dead-mans-switch"}[severity]
        labels = [f"alertname={alert['alert']}", f"severity={severity}"]
        assert self.receiver(*labels) == receiver

    @pytest.mark.parametrize(
        ("severity", "receiver"),
        [("critical", "slack-pages"), ("warning", "slack-tickets"), ("info", "nobody")],
    )
    def test_know_the_severities_of_other_peoples_rules(self, severity: str, receiver: str) -> None:
        assert self.receiver("alertname=KubePodCrashLooping", f"severity={severity}") == receiver

    def test_name_only_alerts_there_are(self) -> None:
        named = set(re.findall(r"alertname =~? \"?([\w|]+)", ROUTES.read_text()))
        assert {name for names_ in named for name in names_.split("|")} <= names()

    def receiver(self, *labels: str) -> str:
        return run_tool(AMTOOL, "config", "routes", "test", "--config.file", ROUTES, *labels).strip()


class TestSlack:
    @pytest.mark.parametrize(("status", "first"), [("firing", "Page"), ("resolved", "Resolved")])
    def test_names_the_environment_in_the_title(self, status: str, first: str, tmp_path: Path) -> None:
        data = tmp_path / "data.json"
        labels = {"severity": "page", "environment": "staging"}
        group = {"alertname": "ServiceDown", "service": "task"}
        data.write_text(json.dumps({"status": status, "groupLabels": group, "commonLabels": labels}))
        text = '{{ template "todo.title" . }}'
        options = [f"--template.glob={TEMPLATES}", f"--template.text={text}", f"--template.data={data}"]
        source = tmp_path / "source.tmpl"
        source.write_text('{{ define "todo.source" }}{{ end }}')
        title = run_tool(AMTOOL, "template", "render", *options, f"--template.glob={source}").strip()
        assert title == f"{first} in staging: ServiceDown (task)"


class TestShorterTimes:
    """What the test of the running system changes is times, all by one divisor, and nothing else."""

    @pytest.mark.parametrize("path", [RULES, ROUTES], ids=lambda path: path.stem)
    def test_change_nothing_but_times(self, path: Path) -> None:
        shipped = path.read_text()
        assert shorten_durations(shipped, DIVISOR) != shipped
        assert mask_durations(shorten_durations(shipped, DIVISOR)) == mask_durations(shipped)

    def test_keep_their_proportions(self) -> None:
        """No range or wait is so short that dividing it would round it."""
        for path in (RULES, ROUTES):
            seconds = [int(number) * SECONDS[unit] for number, unit in DURATION.findall(path.read_text())]
            assert all(each % DIVISOR == 0 for each in seconds)

    def test_are_as_they_ship_unless_asked(self) -> None:
        assert shorten_durations(RULES.read_text(), 1) == RULES.read_text()
