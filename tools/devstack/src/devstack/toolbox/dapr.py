"""daprd, the Dapr scheduler, the Dapr CLI, and what else a cluster's control plane is made of.

Two Go modules, because the CLI pins older Dapr libraries than the runtime.
"""

import re
from pathlib import Path

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool
from devstack.toolbox.tool import read_version

RUNTIME = ROOT / "toolchain" / "dapr"


def _same_minor(installed: Path, version: str) -> bool:
    """Whether a program says `--version` of the same minor release."""
    minor = re.escape(".".join(version.split(".")[:2]))
    return re.search(rf"\b{minor}\.\d+", read_version([str(installed), "--version"])) is not None


def _beside_daprd(installed: Path, version: str) -> bool:
    """The scheduler tells no version; it is trusted where it lies beside the right daprd."""
    daprd = installed.with_name("daprd")
    return daprd.exists() and _same_minor(daprd, version)


DAPRD = GoTool(
    name="daprd",
    module=RUNTIME,
    package="./daprd",
    dependency="github.com/dapr/dapr",
    version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
    is_compatible=_same_minor,
)
SCHEDULER = GoTool(
    name="scheduler",
    module=RUNTIME,
    package="github.com/dapr/dapr/cmd/scheduler",
    dependency="github.com/dapr/dapr",
    version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
    is_compatible=_beside_daprd,
)
CLI = GoTool(
    name="dapr",
    module=ROOT / "toolchain" / "dapr-cli",
    package="github.com/dapr/cli",
    dependency="github.com/dapr/cli",
    version_variable="main.apiVersion=1.0 -X main.version",
    is_compatible=_same_minor,
)


def _control_plane(name: str) -> GoTool:
    return GoTool(
        name=name,
        module=RUNTIME,
        package=f"github.com/dapr/dapr/cmd/{name}",
        dependency="github.com/dapr/dapr",
        version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
    )


CONTROL_PLANE = (*map(_control_plane, ("sentry", "operator", "injector", "placement")), SCHEDULER)
