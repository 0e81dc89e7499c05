"""Prometheus, Loki, Jaeger and Alertmanager; three Go modules, because each pins libraries of its own."""

from devstack.paths import ROOT
from devstack.toolbox.alertmanager import ALERTMANAGER, AMTOOL
from devstack.toolbox.golang import GoTool
from devstack.toolbox.tool import Tool

DISCOVERY = "remove_all_sd,enable_kubernetes_sd,enable_static_sd,enable_file_sd"
"""Leaves out the clients of a dozen clouds: half of the build."""


def _of_prometheus(name: str) -> GoTool:
    return GoTool(
        name=name,
        module=ROOT / "toolchain" / "prometheus",
        package=f"github.com/prometheus/prometheus/cmd/{name}",
        dependency="github.com/prometheus/prometheus",
        version_variable="github.com/prometheus/common/version.Version",
        tags=DISCOVERY,
    )


PROMETHEUS = _of_prometheus("prometheus")
PROMTOOL = _of_prometheus("promtool")
LOKI = GoTool(
    name="loki",
    module=ROOT / "toolchain" / "loki",
    package="github.com/grafana/loki/v3/cmd/loki",
    dependency="github.com/grafana/loki/v3",
    version_variable="github.com/grafana/loki/v3/pkg/util/build.Version",
)
JAEGER = GoTool(
    name="jaeger",
    module=ROOT / "toolchain" / "jaeger",
    package="github.com/jaegertracing/jaeger/cmd/jaeger",
    dependency="github.com/jaegertracing/jaeger",
    version_variable="github.com/jaegertracing/jaeger/internal/version.latestVersion",
)
MONITORING: tuple[Tool, ...] = (PROMETHEUS, ALERTMANAGER, JAEGER, LOKI)
RULE_CHECKS: tuple[Tool, ...] = (PROMTOOL, AMTOOL)
