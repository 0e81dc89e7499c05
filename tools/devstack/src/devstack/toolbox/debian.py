"""Programs of Debian and its relatives, unpacked into `.tools/`: the system itself stays as it is.

Nothing is installed, so no package script starts a server behind anybody's back.
"""

import glob
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import CommandError
from devstack.paths import TOOL_BINARIES, TOOLS
from devstack.toolbox.tool import (
    is_stamped,
    read_version,
    require_command,
    run_command,
    stamp_path,
    write_stamp,
)

RETRIES = 5
"""Of a download."""


@dataclass(frozen=True, slots=True)
class DebianTool:
    """A program taken from PATH (or from `also_in`) if new enough, else from Debian's package.

    also_in: glob patterns of folders that package managers use and PATH doesn't name.
    program: where it lies in the package, if not in a folder for programs.
    """

    name: str
    package: str
    minimum_version: tuple[int, ...]
    also_in: tuple[str, ...] = ()
    version_flag: str = "--version"
    program: str = ""

    def find(self) -> Path | None:
        for folder in (
            str(TOOL_BINARIES),
            *os.environ.get("PATH", "").split(os.pathsep),
            *self._extra_folders(),
        ):
            program = shutil.which(self.name, path=folder)
            if program and self._version(program) >= self.minimum_version:
                return Path(program)
        return None

    def install(self) -> None:
        version = ".".join(str(part) for part in self.minimum_version)
        require_command(
            "apt-get", f"Install {self.name} {version} or newer with this system's package manager."
        )
        unpacked = TOOLS / self.name
        unpack_packages(self.name, [self.package], unpacked)
        places = [self.program] if self.program else [f"usr/bin/{self.name}", f"usr/lib/*/*/bin/{self.name}"]
        programs = [found for place in places for found in unpacked.glob(place)]
        if not programs:
            raise CommandError(f"Debian's package {self.package} has no {self.name}.")
        write_wrapper(TOOL_BINARIES / self.name, programs[0], (), unpacked)
        stamp_path(self.name).unlink(missing_ok=True)

    def _extra_folders(self) -> list[str]:
        return [folder for pattern in self.also_in for folder in sorted(glob.glob(pattern), reverse=True)]

    def _version(self, program: str) -> tuple[int, ...]:
        match = re.search(r"(\d+)\.(\d+)", read_version([program, self.version_flag]))
        return (int(match[1]), int(match[2])) if match else (0,)


@dataclass(frozen=True, slots=True)
class DebianPrograms:
    """Programs of several packages in a folder of their own, on the PATH of those who need exactly these.

    programs: (the name to call it by, the command below `usr/` that it runs).
    """

    name: str
    packages: tuple[str, ...]
    programs: tuple[tuple[str, str], ...]

    @property
    def unpacked(self) -> Path:
        return TOOLS / self.name

    @property
    def binaries(self) -> Path:
        return self.unpacked / "wrapped"

    def find(self) -> Path | None:
        return self.binaries if is_stamped(self.name, repr(self)) and self.binaries.is_dir() else None

    def install(self) -> None:
        require_command("apt-get", f"{self.name} needs Debian or one of its relatives.")
        shutil.rmtree(self.unpacked, ignore_errors=True)
        unpack_packages(self.name, self.packages, self.unpacked)
        for name, command in self.programs:
            program, *arguments = command.split()
            if not (self.unpacked / "usr" / program).exists():
                raise CommandError(f"None of Debian's packages {', '.join(self.packages)} has {program}.")
            write_wrapper(self.binaries / name, self.unpacked / "usr" / program, arguments, self.unpacked)
        write_stamp(self.name, repr(self))


def unpack_packages(name: str, packages: Sequence[str], target: Path) -> None:
    """Download packages, and what they need and this system lacks, and lay their files into `target`."""
    archives = TOOLS / "debian" / name
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-qq", *_apt_settings(archives)]
    options = ["-y", "--no-install-recommends", "--reinstall", "--download-only"]
    download = [*apt, *options, "install", *packages]
    try:
        run_command(download)
    except CommandError:
        run_command([*apt, "update"])
        run_command(download)
    for archive in archives.glob("*.deb"):
        run_command(
            [require_command("dpkg-deb", "It comes with Debian."), "--extract", str(archive), str(target)]
        )


def _apt_settings(archives: Path) -> list[str]:
    """Downloads go to `archives`; who isn't root keeps own package lists, since only root may update."""
    settings = {f"Dir::Cache::archives={archives}", "Debug::NoLocking=1", f"Acquire::Retries={RETRIES}"}
    if os.geteuid():
        own = TOOLS / "debian"
        (own / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        settings |= {f"Dir::State::lists={own / 'lists'}", f"Dir::Cache={own}"}
    return [part for setting in sorted(settings) for part in ("-o", setting)]


def write_wrapper(script: Path, program: Path, arguments: Sequence[str], unpacked: Path) -> None:
    """Write a script that runs `program` with the libraries of `unpacked`.

    It finds them from where it lies itself, so that a moved or mounted clone keeps its tools.
    """

    def from_script(path: Path) -> str:
        return f"$here/{os.path.relpath(path, script.parent)}"

    libraries = {library.parent for library in unpacked.glob("usr/lib/*-linux-gnu/**/*.so*")}
    search = ":".join(from_script(folder) for folder in sorted(libraries))
    extensions = [
        f'XTABLES_LIBDIR="{from_script(folder)}" ' for folder in unpacked.glob("usr/lib/*-linux-gnu/xtables")
    ]
    command = " ".join([f'"{from_script(program)}"', *arguments])
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        '#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\n'
        f'LD_LIBRARY_PATH="{search}" {"".join(extensions)}exec {command} "$@"\n'
    )
    script.chmod(0o755)


DEBOOTSTRAP = DebianPrograms(
    name="debootstrap",
    packages=("debootstrap", "debian-archive-keyring"),
    programs=(("debootstrap", "sbin/debootstrap"),),
)
REDIS = DebianTool("redis-server", "redis-server", minimum_version=(6, 2))
POSTGRES = DebianTool(
    "postgres", "postgresql", minimum_version=(14, 0), also_in=("/usr/lib/postgresql/*/bin",)
)
CHROMIUM = DebianTool("chromium", "chromium", minimum_version=(120, 0), program="usr/lib/chromium/chromium")
