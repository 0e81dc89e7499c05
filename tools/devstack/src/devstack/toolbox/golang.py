"""Programs of the Go modules under `tools/`, each pinned by its `go.mod` and `go.sum`."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devstack.places import TOOL_BINARIES
from devstack.toolbox.tool import fingerprint, is_stamped, require, run, stamp

HOW_TO_GET_GO = "Install Go 1.26 or newer."


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program built from a Go module, unless a suitable one is installed.

    dependency: the module whose version is the program's.
    version_variable: the Go variable its version is linked into.
    suits: whether an installed program with this version wanted will do; by default none does.
    """

    name: str
    module: Path
    package: str
    dependency: str
    version_variable: str = "main.version"
    how_to_get: str = HOW_TO_GET_GO
    suits: Callable[[Path, str], bool] = lambda _installed, _wanted: False

    @property
    def version(self) -> str:
        """What `go.mod` asks for, without the v."""
        wanted = rf"^(?:require )?\s*{re.escape(self.dependency)} v(\S+)"
        match = re.search(wanted, (self.module / "go.mod").read_text(), re.M)
        assert match, f"{self.dependency} is not in {self.module}/go.mod"
        return match[1]

    def found(self) -> Path | None:
        made = TOOL_BINARIES / self.name
        if made.exists() and is_stamped(self.name, self._fingerprint()):
            return made
        return self._installed()

    def make(self) -> None:
        go = require("go", self.how_to_get)
        TOOL_BINARIES.mkdir(parents=True, exist_ok=True)
        link = f"-s -w -X {self.version_variable}={self.version}"
        target = str(TOOL_BINARIES / self.name)
        run([go, "build", "-trimpath", f"-ldflags={link}", "-o", target, self.package], cwd=self.module)
        stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        return fingerprint([*self.module.glob("go.*"), *self.module.glob("**/*.go")])

    def _installed(self) -> Path | None:
        path = os.pathsep.join([os.environ.get("PATH", ""), str(Path.home() / ".dapr" / "bin")])
        installed = shutil.which(self.name, path=path)
        if installed and self.suits(Path(installed), self.version):
            return Path(installed)
        return None
