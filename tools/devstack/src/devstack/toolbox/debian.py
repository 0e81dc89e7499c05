"""Programs of Debian and its relatives, unpacked into `.tools/`: the system itself stays as it is.

Nothing is installed, so no package script starts a server behind anybody's back.
"""

import glob
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from devstack.failure import Failure
from devstack.places import TOOL_BINARIES, TOOLS
from devstack.toolbox.tool import require, run, stamp_path, version_of


@dataclass(frozen=True, slots=True)
class DebianTool:
    """A program taken from PATH (or from `also_in`) if new enough, else from Debian's package.

    also_in: glob patterns of folders that package managers use and PATH doesn't name.
    program: where it lies in the package, if not in a folder for programs.
    """

    name: str
    package: str
    least_version: tuple[int, ...]
    also_in: tuple[str, ...] = ()
    version_flag: str = "--version"
    program: str = ""

    def found(self) -> Path | None:
        for folder in (
            str(TOOL_BINARIES),
            *os.environ.get("PATH", "").split(os.pathsep),
            *self._extra_folders(),
        ):
            program = shutil.which(self.name, path=folder)
            if program and self._version(program) >= self.least_version:
                return Path(program)
        return None

    def make(self) -> None:
        wanted = ".".join(str(part) for part in self.least_version)
        apt = require("apt-get", f"Install {self.name} {wanted} or newer with this system's package manager.")
        unpacked = TOOLS / self.name
        self._unpack(apt, unpacked)
        places = [self.program] if self.program else [f"usr/bin/{self.name}", f"usr/lib/*/*/bin/{self.name}"]
        programs = [found for place in places for found in unpacked.glob(place)]
        if not programs:
            raise Failure(f"Debian's package {self.package} has no {self.name}.")
        self._wrap(programs[0], unpacked)

    def _extra_folders(self) -> list[str]:
        return [folder for pattern in self.also_in for folder in sorted(glob.glob(pattern), reverse=True)]

    def _version(self, program: str) -> tuple[int, ...]:
        match = re.search(r"(\d+)\.(\d+)", version_of([program, self.version_flag]))
        return (int(match[1]), int(match[2])) if match else (0,)

    def _unpack(self, apt: str, target: Path) -> None:
        archives = TOOLS / "debian" / self.name
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        options = ["-qq", "-y", "--no-install-recommends", "-o", f"Dir::Cache::archives={archives}"]
        download = [apt, *options, "-o", "Debug::NoLocking=1", "--download-only", "install", self.package]
        try:
            run(download)
        except Failure:
            run([apt, "-qq", "update"])
            run(download)
        for archive in archives.glob("*.deb"):
            run([require("dpkg-deb", "It comes with Debian."), "--extract", str(archive), str(target)])

    def _wrap(self, program: Path, unpacked: Path) -> None:
        folders = {library.parent for library in unpacked.glob("usr/lib/*-linux-gnu/**/*.so*")}
        libraries = ":".join(str(folder) for folder in sorted(folders))
        TOOL_BINARIES.mkdir(parents=True, exist_ok=True)
        script = TOOL_BINARIES / self.name
        script.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{program}" "$@"\n')
        script.chmod(0o755)
        stamp_path(self.name).unlink(missing_ok=True)


REDIS = DebianTool("redis-server", "redis-server", least_version=(6, 2))
POSTGRES = DebianTool("postgres", "postgresql", least_version=(14, 0), also_in=("/usr/lib/postgresql/*/bin",))
CHROMIUM = DebianTool("chromium", "chromium", least_version=(120, 0), program="usr/lib/chromium/chromium")
