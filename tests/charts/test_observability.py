"""charts/observability: what Prometheus and Grafana are given is what the files of monitoring/ say."""

import functools
import json
import re

import pytest
import yaml

from devstack.helmfile import MONITORING_HELMFILE, Release, read_releases
from devstack.observe.prometheus import ROUTES, RULES
from devstack.paths import ROOT
from tests.charts.rendering import CHARTS, Object, RenderError, helm, of_kind, parse
from tests.charts.test_manifests import conforms

CHART = CHARTS / "observability"
RELEASES = read_releases(MONITORING_HELMFILE, "production")


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
        with pytest.raises(RenderError, match="don't meet the specifications"):
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
        content = yaml.safe_load(found("ConfigMap")["datasources"]["data"]["todo.yaml"])
        sources = {source["uid"]: source for source in content["datasources"]}
        assert sources["loki"]["jsonData"]["derivedFields"][0]["datasourceUid"] == "jaeger"
        assert sources["jaeger"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == "loki"


class TestMonitors:
    def test_have_the_labels_rules_go_by(self) -> None:
        """And take no more of one pod than the limit."""
        for monitor in found("PodMonitor").values():
            assert monitor["spec"]["sampleLimit"] == 5000
        for job in ("todo", "dapr"):
            [endpoint] = found("PodMonitor")[job]["spec"]["podMetricsEndpoints"]
            labels = {item["targetLabel"]: item.get("replacement") for item in endpoint["relabelings"]}
            assert labels["job"] == job
            assert "service" in labels

    def test_ask_whom_the_alerts_are_about(self) -> None:
        """Each `job` of a rule is one that is scraped, by us or by the charts of Prometheus."""
        jobs = set(re.findall(r'job="([^"]+)"', RULES.read_text()))
        scraped = {
            item["replacement"]
            for monitor in found("PodMonitor").values()
            for endpoint in monitor["spec"]["podMetricsEndpoints"]
            for item in endpoint.get("relabelings", [])
            if item["targetLabel"] == "job" and "replacement" in item
        }
        probed = {probe["spec"]["jobName"] for probe in found("Probe").values()}
        assert jobs <= scraped | probed | {"kube-state-metrics"}

    def test_keep_the_namespace_of_a_certificate(self) -> None:
        """cert-manager tells of certificates in every namespace; its own would take their place."""
        [endpoint] = found("PodMonitor")["cert-manager"]["spec"]["podMetricsEndpoints"]
        assert endpoint["honorLabels"] is True


class TestProbe:
    def test_asks_whom_the_release_installs(self) -> None:
        """By the name and with a module that its values have."""
        spec = found("Probe")["public-address"]["spec"]
        [blackbox] = [each for each in RELEASES if each.name == "blackbox"]
        assert spec["prober"]["url"].partition(".")[0] == blackbox.values["fullnameOverride"]
        module = blackbox.values["config"]["modules"][spec["module"]]
        assert float(module["timeout"][:-1]) < float(spec["scrapeTimeout"][:-1])
        assert (module["http"]["valid_status_codes"], module["http"]["fail_if_not_ssl"]) == ([200], True)

    def test_is_left_out_where_nobody_is_outside(self) -> None:
        assert "kind: Probe" not in manifests("publicAddress=")

    def test_wants_https(self) -> None:
        with pytest.raises(RenderError, match="publicAddress"):
            manifests("publicAddress=http://todo.example.com")


class TestTraces:
    def test_come_to_the_pods_of_the_collector(self) -> None:
        service = found("Service")["collector"]["spec"]
        assert service["selector"] == {"app.kubernetes.io/name": "opentelemetry-collector"}
        assert {port["port"] for port in service["ports"]} == {4317, 4318}


class TestReleases:
    def test_are_installed_in_an_order_that_works(self) -> None:
        """Ours after the CRDs it needs, before those that mount what it makes."""
        assert [each.name for each in RELEASES][:2] == ["prometheus", "observability"]

    @pytest.mark.parametrize("pinned", RELEASES, ids=lambda pinned: pinned.name)
    def test_are_pinned(self, pinned: Release) -> None:
        is_ours = pinned.chart == "charts/observability"
        assert pinned.version.count(".") == 2
        assert is_ours or pinned.chart.startswith("oci://") != bool(pinned.repository)
