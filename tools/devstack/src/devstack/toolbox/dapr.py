"""daprd, the Dapr scheduler and the Dapr CLI, built as Go tools.

Two Go modules, because the CLI pins older Dapr libraries than the runtime.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from devstack.places import ROOT, TOOL_BINARIES
from devstack.toolbox.tool import fingerprint, is_stamped, require, run, stamp, version_of

HOW_TO_GET_GO = (
    "Install Go 1.26 or newer, or install Dapr itself (`dapr init --slim`, runtime 1.18): "
    "its programs are used when they are on PATH or in ~/.dapr/bin."
)
LINK = "-s -w"


def pinned(module: Path, dependency: str) -> str:
    """The version `go.mod` in `module` asks of `dependency`, without the v."""
    match = re.search(rf"^\s*{re.escape(dependency)} v(\S+)", (module / "go.mod").read_text(), re.M)
    assert match, f"{dependency} is not in {module}/go.mod"
    return match[1]


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program of a Go module under `tools/`.

    version_flag: how an installed one tells its version; without it an installed one is trusted
    only beside a suitable daprd.
    """

    name: str
    module: Path
    package: str
    dependency: str
    version_variable: str
    version_flag: str = ""

    @property
    def version(self) -> str:
        return pinned(self.module, self.dependency)

    def found(self) -> Path | None:
        made = TOOL_BINARIES / self.name
        if made.exists() and is_stamped(self.name, self._fingerprint()):
            return made
        return self._installed()

    def make(self) -> None:
        go = require("go", HOW_TO_GET_GO)
        TOOL_BINARIES.mkdir(parents=True, exist_ok=True)
        link = f"{LINK} -X {self.version_variable}={self.version}"
        target = str(TOOL_BINARIES / self.name)
        run([go, "build", "-trimpath", f"-ldflags={link}", "-o", target, self.package], cwd=self.module)
        stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        files = [*self.module.glob("go.*"), *self.module.glob("**/*.go")]
        return fingerprint(files)

    def _installed(self) -> Path | None:
        path = os.pathsep.join([os.environ.get("PATH", ""), str(Path.home() / ".dapr" / "bin")])
        installed = shutil.which(self.name, path=path)
        if installed and self._suits(Path(installed)):
            return Path(installed)
        return None

    def _suits(self, installed: Path) -> bool:
        minor = ".".join(self.version.split(".")[:2])
        if self.version_flag:
            return (
                re.search(rf"\b{re.escape(minor)}\.\d+", version_of([str(installed), self.version_flag]))
                is not None
            )
        daprd = installed.with_name("daprd")
        return daprd.exists() and DAPRD._suits(daprd)


RUNTIME = ROOT / "tools" / "dapr"
DAPRD = GoTool(
    name="daprd",
    module=RUNTIME,
    package="./daprd",
    dependency="github.com/dapr/dapr",
    version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
    version_flag="--version",
)
SCHEDULER = GoTool(
    name="scheduler",
    module=RUNTIME,
    package="github.com/dapr/dapr/cmd/scheduler",
    dependency="github.com/dapr/dapr",
    version_variable="github.com/dapr/dapr/pkg/buildinfo.version",
)
CLI = GoTool(
    name="dapr",
    module=ROOT / "tools" / "dapr-cli",
    package="github.com/dapr/cli",
    dependency="github.com/dapr/cli",
    version_variable="main.apiVersion=1.0 -X main.version",
    version_flag="--version",
)
