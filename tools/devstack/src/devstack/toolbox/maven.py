"""Jars of Maven Central without Maven: `jars.lock` beside a `pom.xml` has what it resolves to, with digests.

`python -m tools.lock_jars` writes the lock again after a change of the pom.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT, TOOLS
from devstack.toolbox.download import PinnedFile, download_files, mirror_of
from devstack.toolbox.tool import hash_files, is_stamped, write_stamp

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"


@dataclass(frozen=True, slots=True)
class MavenJars:
    """The jars a pom resolves to, in one folder."""

    name: str
    project: Path

    @property
    def folder(self) -> Path:
        return TOOLS / self.name

    def find(self) -> Path | None:
        there = self.folder.is_dir() and is_stamped(self.name, self._fingerprint())
        return self.folder if there else None

    def install(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        download_files(self.list_files())
        write_stamp(self.name, self._fingerprint())

    def list_files(self) -> dict[Path, PinnedFile]:
        repository = mirror_of("TODO_MAVEN_REPOSITORY", MAVEN_CENTRAL)
        lines = [line.split() for line in (self.project / "jars.lock").read_text().splitlines()]
        return {
            self.folder / Path(path).name: PinnedFile.of_sha256(f"{repository}/{path}", digest)
            for digest, path in lines
        }

    def _fingerprint(self) -> str:
        return hash_files([self.project / "pom.xml", self.project / "jars.lock"])


STRIMZI = MavenJars("strimzi-jars", ROOT / "toolchain" / "schemas")
