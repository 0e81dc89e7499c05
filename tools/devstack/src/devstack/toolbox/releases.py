"""Official release archives, where `toolchain/releases.yaml` pins their digest and they can be reached.

Whatever has no pin, or lies where this machine can't go, is built from source: the caller does it then. An
archive with another digest than the pinned one is an error, not a reason to build.
"""

import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.download import PinnedFile, UnreachableError, download_file

RELEASES = ROOT / "toolchain" / "releases.yaml"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""What Go projects call a machine, by what the kernel calls it."""


def read_releases() -> dict[str, dict[str, Any]]:
    """By the name of the program: `url`, `member` and the known `sha256`."""
    releases: dict[str, dict[str, Any]] = yaml.safe_load(RELEASES.read_text()) or {}
    return releases


def find_release(releases: Mapping[str, Mapping[str, Any]], name: str, version: str) -> PinnedFile | None:
    """The archive of this version for this machine; None if its digest is not known."""
    release = releases.get(name)
    architecture = ARCHITECTURES.get(platform.machine())
    digest = release["sha256"].get(f"{version}-{architecture}") if release else None
    if release is None or digest is None:
        return None
    return PinnedFile.of_sha256(release["url"].format(version=version, architecture=architecture), digest)


def install_release(name: str, version: str, target: Path) -> bool:
    """Put the program of the official release at `target`; False if there is none to be had."""
    releases = read_releases()
    archive = find_release(releases, name, version)
    if archive is None:
        return False
    with TemporaryDirectory() as folder:
        file = Path(folder) / "archive.tar.gz"
        try:
            download_file(archive, file, attempts=2)
        except UnreachableError as error:
            print(f"  {name}: building from source, because {error}", flush=True)
            return False
        _extract(file, releases[name]["member"], target)
    return True


def _extract(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as opened:
        try:
            content = opened.extractfile(member)
        except KeyError:
            content = None
        if content is None:
            raise CommandError(f"The release archive {archive.name} has no {member}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.read())
    target.chmod(0o755)
