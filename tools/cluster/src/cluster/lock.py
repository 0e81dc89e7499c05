"""Work that only one process may do at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import CommandError


@contextmanager
def hold_lock(lock: Path, busy: str) -> Iterator[None]:
    """Hold the file `lock`; the kernel lets it go with the process. Raises `CommandError(busy)` if held."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(busy) from error
        yield
