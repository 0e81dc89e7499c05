"""Reads Alloy's configuration with Alloy's own parser; for tests only."""

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool

ALLOY_FORMAT = GoTool(
    name="alloy-format",
    module=ROOT / "toolchain" / "alloy",
    package=".",
    dependency="github.com/grafana/alloy/syntax",
)
