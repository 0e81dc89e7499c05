"""charts/observability: what Prometheus and Grafana are given is what the files of monitoring/ say."""

import functools
import json

import pytest
import yaml

from devstack.helmfile import Release, read_releases
from devstack.observe.prometheus import ROUTES, RULES
from devstack.paths import ROOT
from tests.charts.rendering import CHARTS, Object, Refused, helm, of_kind, parse
from tests.charts.test_manifests import conforms

CHART = CHARTS / "observability"
RELEASES = read_releases(ROOT / "monitoring" / "helmfile.yaml")


@functools.cache
def manifests(*settings: str) -> str:
    values = [part for setting in settings for part in ("--set", setting)]
    return helm("template", "observability", CHART, "--namespace", "monitoring", *values)


def found(kind: str) -> dict[str, Object]:
    return of_kind(parse(manifests()), kind)


class TestChart:
    def test_lints(self) -> None:
        assert "0 chart(s) failed" in helm("lint", "--strict", CHART)

    def test_renders_what_the_api_takes(self) -> None:
        assert conforms(manifests()) == ""

    @pytest.mark.parametrize("setting", ["intervall=15s", "interval=15", "addresses.loki=loki:3100"])
    def test_refuses_a_typo(self, setting: str) -> None:
        with pytest.raises(Refused, match="don't meet the specifications"):
            manifests(setting)


class TestContent:
    def test_of_the_rules(self) -> None:
        assert found("PrometheusRule")["todo"]["spec"] == yaml.safe_load(RULES.read_text())

    def test_of_the_dashboards(self) -> None:
        files = sorted((ROOT / "monitoring" / "grafana" / "dashboards").glob("*.json"))
        for path in files:
            item = found("ConfigMap")[f"dashboard-{path.stem}"]
            assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
            assert json.loads(item["data"][path.name]) == json.loads(path.read_text())

    def test_of_the_routes(self) -> None:
        """As they ship, but for the address of the dead-man's switch."""
        rendered = yaml.safe_load(found("Secret")["alertmanager-todo"]["stringData"]["alertmanager.yaml"])
        shipped = yaml.safe_load(ROUTES.read_text())
        for receiver in [*rendered["receivers"], *shipped["receivers"]]:
            for webhook in receiver.get("webhook_configs", []):
                webhook.pop("url")
        assert rendered == shipped

    def test_of_the_links_to_runbooks(self) -> None:
        templates = found("ConfigMap")["alertmanager-todo-templates"]["data"]
        source = '{{ define "todo.source" }}https://git.example.com/todo/blob/main/{{ end }}'
        assert templates["source.tmpl"] == source

    def test_of_the_data_sources(self) -> None:
        """Loki leads to Jaeger by the trace id and Jaeger to Loki."""
        told = yaml.safe_load(found("ConfigMap")["datasources"]["data"]["todo.yaml"])
        sources = {source["uid"]: source for source in told["datasources"]}
        assert sources["loki"]["jsonData"]["derivedFields"][0]["datasourceUid"] == "jaeger"
        assert sources["jaeger"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == "loki"


class TestMonitors:
    def test_have_the_labels_rules_go_by(self) -> None:
        for job in ("todo", "dapr"):
            [endpoint] = found("PodMonitor")[job]["spec"]["podMetricsEndpoints"]
            labels = {item["targetLabel"]: item.get("replacement") for item in endpoint["relabelings"]}
            assert labels["job"] == job
            assert "service" in labels


class TestReleases:
    def test_are_installed_in_an_order_that_works(self) -> None:
        """Ours after the CRDs it needs, before those that mount what it makes."""
        assert [each.name for each in RELEASES][:2] == ["prometheus", "observability"]

    @pytest.mark.parametrize("wanted", RELEASES, ids=lambda wanted: wanted.name)
    def test_are_pinned(self, wanted: Release) -> None:
        is_ours = wanted.chart == "charts/observability"
        assert wanted.version.count(".") == 2
        assert is_ours or wanted.chart.startswith("oci://") != bool(wanted.repository)
