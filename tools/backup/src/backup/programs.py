"""PostgreSQL's own programs, found on PATH or where Debian puts them."""

import contextlib
import glob
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO

from backup.errors import BackupError

ALSO_IN = "/usr/lib/postgresql/*/bin"


def find_program(name: str) -> str:
    """The newest one there is. Raises `BackupError` if there is none."""
    folders = sorted(glob.glob(ALSO_IN), key=lambda folder: int(folder.split("/")[-2]), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if not found:
        raise BackupError(f"{name} is missing; it comes with PostgreSQL.")
    return found


class RunningProgram:
    """A program that runs, and what it complains about; leaving the block ends it.

    environment: more of it, e.g. where its database is.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = subprocess.DEVNULL,
    ) -> None:
        self.name = command[0].rpartition("/")[2]
        self._complaints = TemporaryFile()  # noqa: SIM115 - closed on leaving
        self._process = subprocess.Popen(
            [find_program(command[0]), *command[1:]],
            env={**os.environ, **environment},
            stdin=stdin,
            stdout=stdout,
            stderr=self._complaints,
        )

    def __enter__(self) -> "RunningProgram":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._complaints.close()

    @property
    def stdin(self) -> IO[bytes]:
        assert self._process.stdin
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout
        return self._process.stdout

    def failure(self) -> str:
        """Waits for its end; what it complained about if it failed, else nothing."""
        if self._process.wait() == 0:
            return ""
        self._complaints.seek(0)
        output = self._complaints.read().decode(errors="replace").strip()
        return f"{self.name}: {output or f'ended with {self._process.returncode}'}"
