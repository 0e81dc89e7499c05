"""Checks `compose.yaml` against the Compose Specification; for tests only."""

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool

COMPOSE_CHECK = GoTool(
    name="compose-check",
    module=ROOT / "toolchain" / "compose",
    package=".",
    dependency="github.com/compose-spec/compose-go/v2",
)
