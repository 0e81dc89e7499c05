"""Writes `jars.lock` beside each `pom.xml` of toolchain/ again, after a change of the pom; needs Maven.

`python -m tools.lock_jars`. Each line is the SHA-256 of a jar and where a Maven repository has it, so that
everybody else downloads exactly these files, without Maven.
"""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.paths import ROOT
from devstack.toolbox.tool import require_command, run_command

GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def lock_jars(pom: Path) -> str:
    """The lines for the jars `pom` resolves to."""
    maven = require_command("mvn", "Install Maven to resolve a pom again.")
    with TemporaryDirectory() as folder:
        options = [f"-DoutputDirectory={folder}", "-Dmdep.useRepositoryLayout=true"]
        run_command([maven, "--quiet", "--batch-mode", "--file", str(pom), GOAL, *options])
        jars = sorted(Path(folder).rglob("*.jar"))
        return "".join(
            f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.relative_to(folder)}\n" for jar in jars
        )


if __name__ == "__main__":
    for pom in sorted((ROOT / "toolchain").glob("*/pom.xml")):
        pom.with_name("jars.lock").write_text(lock_jars(pom))
