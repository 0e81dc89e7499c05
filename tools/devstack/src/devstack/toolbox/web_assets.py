"""What the web pages and their tests load from npm packages, by the lock's digests and without npm.

`package-lock.json` pins the packages, `vendor.json` says which of their files are taken where.
"""

import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.errors import CommandError
from devstack.paths import ROOT, TOOLS
from devstack.toolbox.download import download_files
from devstack.toolbox.npm import locate_tarball
from devstack.toolbox.tool import hash_files, is_stamped, write_stamp

FRONTEND = ROOT / "services" / "frontend"
LOCK, SELECTION = FRONTEND / "package-lock.json", FRONTEND / "vendor.json"
VENDOR = FRONTEND / "src" / "frontend_service" / "static" / "vendor"
TEST_ASSETS = TOOLS / "web-tests"
TARGETS = {"pages": VENDOR, "tests": TEST_ASSETS}


@dataclass(frozen=True, slots=True)
class WebAssets:
    name: str = "npm-packages"

    def find(self) -> Path | None:
        there = all(folder.is_dir() for folder in TARGETS.values())
        return VENDOR if there and is_stamped(self.name, self._fingerprint()) else None

    def install(self) -> None:
        selection: dict[str, dict[str, dict[str, str]]] = json.loads(SELECTION.read_text())
        lock = json.loads(LOCK.read_text())["packages"]
        with TemporaryDirectory() as folder:
            names = [name for packages in selection.values() for name in packages]
            tarballs = {name: Path(folder) / f"{number}.tgz" for number, name in enumerate(names)}
            download_files(
                {path: locate_tarball(f"node_modules/{name}", lock) for name, path in tarballs.items()}
            )
            for kind, packages in selection.items():
                shutil.rmtree(TARGETS[kind], ignore_errors=True)
                for name, files in packages.items():
                    _extract(tarballs[name], files, TARGETS[kind])
        write_stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        return hash_files([LOCK, SELECTION])


def _extract(tarball: Path, files: dict[str, str], target: Path) -> None:
    """files: path in the package → path below `target`."""
    with tarfile.open(tarball) as archive:
        for source, destination in files.items():
            try:
                member = archive.extractfile(f"package/{source}")
            except KeyError as error:
                raise CommandError(f"The package of {tarball.name} has no {source}.") from error
            assert member, f"{source} is a file"
            path = target / destination
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(member.read())


WEB_ASSETS = WebAssets()
