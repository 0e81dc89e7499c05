"""The monitoring names no namespace of ours, so that it works in an environment of any name."""

import re
from typing import Any

import pytest
import yaml

from delivery.environments import list_environments
from devstack.helmfile import MONITORING_HELMFILE, Release, list_manifests, read_releases
from devstack.observe.prometheus import RULES
from devstack.paths import ROOT
from tests.charts.rendering import helm, parse
from tests.monitoring.namespaces import find_in_object, find_in_text
from tools import install_platform
from tools.dashboards import dashboards

ELSEWHERE = "elsewhere"
ALLOY = ROOT / "monitoring" / "alloy" / "config.alloy"
AGGREGATION = re.compile(r"\b(?:sum|min|max|avg|count|group)\b\s*(by \([^)]*\))?")
RELEASES = [
    *(("any", each) for each in read_releases()),
    *((name, each) for name in list_environments() for each in read_releases(MONITORING_HELMFILE, name)),
]


def title(value: object) -> str:
    return value.name if isinstance(value, Release) else str(value)


class TestNamespace:
    def test_is_in_no_rule(self) -> None:
        assert find_in_text(RULES.read_text()) == []

    def test_is_in_no_dashboard(self) -> None:
        assert list(find_in_object(dashboards())) == []

    def test_is_not_in_alloys_configuration(self) -> None:
        assert find_in_text(ALLOY.read_text()) == []

    @pytest.mark.parametrize(("environment", "release"), RELEASES, ids=title)
    def test_is_in_no_release(self, environment: str, release: Release) -> None:
        assert list(find_in_object(release.values)) == []

    @pytest.mark.parametrize("environment", list_environments())
    def test_is_in_no_object_of_our_chart(self, environment: str) -> None:
        values = ROOT / "monitoring" / "environments" / environment / "observability.yaml"
        chart = ROOT / "charts" / "observability"
        rendered = parse(helm("template", "x", chart, "--namespace", ELSEWHERE, "--values", values))
        assert list(find_in_object(rendered)) == []
        monitors = [each for each in rendered if each["kind"] in {"PodMonitor", "ServiceMonitor"}]
        assert all(each["spec"].get("namespaceSelector", {}) in ({}, {"any": True}) for each in monitors)

    def test_is_what_the_platform_is_told(self) -> None:
        manifests = [install_platform.NAMESPACE, *list_manifests()]
        for path in manifests:
            placed = yaml.safe_load_all(install_platform.in_namespace(path.read_text(), ELSEWHERE))
            assert list(find_in_object(list(placed))) == []


class TestRules:
    def test_carry_the_namespace_of_their_series(self) -> None:
        """Where a rule adds up; `absent` has none, and a guard (`and on ()`) needs none."""
        for group in yaml.safe_load(RULES.read_text())["groups"]:
            for rule in group["rules"]:
                for match in AGGREGATION.finditer(re.sub(r"on \(\) [^\n]*", "", rule["expr"])):
                    assert "namespace" in (match[1] or "") or "resource_namespace" in (match[1] or ""), rule


class TestDashboards:
    def test_ask_for_the_namespace_that_was_chosen(self) -> None:
        boards = yaml.safe_load((ROOT / "monitoring" / "grafana" / "panels.yaml").read_text())
        for board, content in boards.items():
            for panel in content["panels"]:
                is_chosen = ["$namespace" in query["expr"] for query in panel["queries"]]
                assert all(is_chosen) != ("shared" in panel), f"{board}: {panel['title']}"

    def test_offer_those_there_are(self) -> None:
        for board in dashboards().values():
            [variable] = board["templating"]["list"]
            assert variable["name"] == "namespace"
            assert "label_values(" in variable["query"]["query"]
            assert board["links"][0]["includeVars"] is True


class TestFinding:
    """What would be found if somebody wrote it."""

    @pytest.mark.parametrize(
        "text",
        [
            'kube_pod_status_ready{namespace="todo",condition="true"} == 0',
            '{namespace=~"staging|production"} | json',
            'names = ["todo", "dapr-system"]',
            "kubectl -n todo get pods",
            "kubectl --namespace production get pods",
            "helm history todo --namespace=staging",
            "http://redis.todo.svc:9121",
        ],
    )
    def test_in_a_text(self, text: str) -> None:
        assert len(find_in_text(text)) == 1

    @pytest.mark.parametrize(
        "content",
        [
            {"spec": {"namespaceSelector": {"matchNames": ["todo"]}}},
            {"watchNamespaces": ["todo"]},
            {"parentRefs": [{"name": "todo", "namespace": "todo"}]},
            {"matchLabels": {"kubernetes.io/metadata.name": "production"}},
            {"query": '{namespace="todo"} | trace_id="x"'},
        ],
    )
    def test_in_an_object(self, content: dict[str, Any]) -> None:
        assert len(list(find_in_object(content))) == 1

    @pytest.mark.parametrize(
        "text",
        [
            'sum by (namespace) (up{job="todo"})',
            '{namespace="$namespace"}',
            "kubectl --namespace todo-platform get pods",
            "kubectl -n $NAMESPACE get gateway todo",
            "helm upgrade --install todo charts/todo --namespace $NAMESPACE",
        ],
    )
    def test_not_in_names_of_other_things(self, text: str) -> None:
        assert find_in_text(text) == []
