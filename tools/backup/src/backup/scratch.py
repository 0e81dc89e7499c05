"""A PostgreSQL server for a restore test: reached through a socket in its folder alone, gone afterwards."""

import contextlib
import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from backup.errors import BackupError
from backup.programs import find_program

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; then it runs as this account."""

# Lost with its folder whatever happens: nothing need reach the disk.
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB", "jit=off")


@contextlib.contextmanager
def scratch_database(name: str, parent: Path | None = None) -> Iterator[dict[str, str]]:
    """An empty database of this name, as libpq's variables say it.

    parent: a folder with room for all of the database.
    """
    with TemporaryDirectory(dir=parent, prefix="scratch-") as folder:
        account = pwd.getpwnam(UNPRIVILEGED).pw_name if os.geteuid() == 0 else None
        if account:
            os.chown(folder, pwd.getpwnam(account).pw_uid, -1)
        data = f"{folder}/data"
        settings = [f"--options=-c listen_addresses= -k {folder} {' '.join(f'-c {each}' for each in SPEED)}"]
        _run(["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], account)
        _run(["pg_ctl", "start", "-D", data, "--wait", f"--log={folder}/log", *settings], account)
        try:
            there = {"PGHOST": folder, "PGPORT": "5432", "PGUSER": "postgres", "PGSSLMODE": "disable"}
            _run(["createdb", "-h", folder, "-p", "5432", "-U", "postgres", name], account)
            yield {**there, "PGDATABASE": name, "PGPASSWORD": ""}
        finally:
            _run(["pg_ctl", "stop", "-D", data, "--wait", "--mode=immediate"], account)


def _run(command: Sequence[str], account: str | None) -> None:
    done = subprocess.run(
        [find_program(command[0]), *command[1:]],
        user=account,
        cwd="/",
        # Those of the real database would count here too, PGPORT for the server itself.
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would be held by the server
        stderr=subprocess.PIPE if command[0] != "pg_ctl" else subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        output = (done.stderr or b"").decode(errors="replace").strip()
        raise BackupError(f"{command[0]} failed: {output or done.returncode}")
