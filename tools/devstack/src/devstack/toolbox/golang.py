"""Programs of the Go modules under `toolchain/`, each pinned by its `go.mod` and `go.sum`."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import TOOL_BINARIES
from devstack.toolbox.go_compiler import find_go
from devstack.toolbox.releases import install_release
from devstack.toolbox.tool import hash_files, is_stamped, run_command, write_stamp

WITHOUT_C = {"CGO_ENABLED": "0"}
"""A program that needs no C library runs in an image that holds nothing else."""


@dataclass(frozen=True, slots=True)
class GoTool:
    """A program built from a Go module, unless a suitable one is installed.

    dependency: the module whose version is the program's.
    version_variable: the Go variable its version is linked into, after `version_prefix`.
    linked: further variables, as name=value; {major} and {minor} stand for parts of the version.
    tags: build tags, with commas between.
    is_compatible: whether an installed program with this version wanted will do; by default none does.
    """

    name: str
    module: Path
    package: str
    dependency: str
    version_variable: str = "main.version"
    version_prefix: str = ""
    linked: tuple[str, ...] = ()
    tags: str = ""
    is_compatible: Callable[[Path, str], bool] = lambda _installed, _version: False

    @property
    def version(self) -> str:
        """What `go.mod` asks for, without the v."""
        pattern = rf"^(?:require )?\s*{re.escape(self.dependency)} v(\S+)"
        match = re.search(pattern, (self.module / "go.mod").read_text(), re.M)
        assert match, f"{self.dependency} is not in {self.module}/go.mod"
        return match[1]

    def find(self) -> Path | None:
        made = TOOL_BINARIES / self.name
        if made.exists() and is_stamped(self.name, self._fingerprint()):
            return made
        return self._installed()

    def install(self) -> None:
        if not install_release(self.name, self.version, TOOL_BINARIES / self.name):
            self._build()
        write_stamp(self.name, self._fingerprint())

    def _build(self) -> None:
        go = find_go()
        TOOL_BINARIES.mkdir(parents=True, exist_ok=True)
        target = str(TOOL_BINARIES / self.name)
        tags = ["-tags", self.tags] if self.tags else []
        flags = ["-trimpath", *tags, f"-ldflags={self._link_flags()}"]
        run_command([go, "build", *flags, "-o", target, self.package], cwd=self.module, env=WITHOUT_C)

    def _link_flags(self) -> str:
        major, minor = self.version.split(".")[:2]
        more = [variable.format(major=major, minor=minor) for variable in self.linked]
        variables = [f"{self.version_variable}={self.version_prefix}{self.version}", *more]
        return " ".join(["-s -w", *(f"-X {variable}" for variable in variables)])

    def _fingerprint(self) -> str:
        sources = hash_files([*self.module.glob("go.*"), *self.module.glob("**/*.go")])
        how = f"{self._link_flags()} {WITHOUT_C}" + (f" {self.tags}" if self.tags else "")
        return f"{sources} {how}"

    def _installed(self) -> Path | None:
        path = os.pathsep.join([os.environ.get("PATH", ""), str(Path.home() / ".dapr" / "bin")])
        installed = shutil.which(self.name, path=path)
        if installed and self.is_compatible(Path(installed), self.version):
            return Path(installed)
        return None
