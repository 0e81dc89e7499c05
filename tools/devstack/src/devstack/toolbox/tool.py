"""What a tool is: found on the machine if a suitable one is there, else made in `.tools/`."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from devstack.errors import CommandError
from devstack.paths import TOOLS


class Tool(Protocol):
    """One program the system needs."""

    @property
    def name(self) -> str: ...

    def find(self) -> Path | None:
        """A suitable one that needs no work, or None."""

    def install(self) -> None:
        """Build or install it. Raises `CommandError` saying what is missing and how to get it."""


def stamp_path(name: str) -> Path:
    return TOOLS / "stamps" / name


def is_stamped(name: str, fingerprint: str) -> bool:
    """Whether `name` was made from what `fingerprint` stands for."""
    stamp = stamp_path(name)
    return stamp.exists() and stamp.read_text() == fingerprint


def write_stamp(name: str, fingerprint: str) -> None:
    stamp_path(name).parent.mkdir(parents=True, exist_ok=True)
    stamp_path(name).write_text(fingerprint)


def hash_files(files: Iterable[Path]) -> str:
    """Hash of the files a tool is made from."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def require_command(command: str, install_hint: str) -> str:
    """Path of `command`. Raises `CommandError` with the way to get it."""
    path = shutil.which(command)
    if path is None:
        raise CommandError(f"{command} is missing. {install_hint}")
    return path


def run_command(command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run quietly. Raises `CommandError` with the last lines of what the command printed."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise CommandError(f"`{' '.join(command)}` failed:\n{output}")


def read_version(command: list[str]) -> str:
    """What a program prints of its version; empty if it can't be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr
