"""Disks of a limited size, for servers that are to find theirs full."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from errno import ENOSPC
from pathlib import Path

MIB = 2**20
SIZES = {"kafka": 512 * MIB, "postgres": 1536 * MIB}
"""By the folder a server has its data in; more than a run of all faults writes."""
BALLAST = "ballast"
LOOK_SECONDS = 0.2


@contextmanager
def mounted_disks(folder: Path) -> Iterator[None]:
    """Put a file system in memory (tmpfs) below each of these servers while the block runs; needs root."""
    with ExitStack() as stack:
        for name, size in SIZES.items():
            path = folder / name
            path.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "chaos", str(path)], check=True)
            stack.callback(subprocess.run, ["umount", str(path)], check=False)
        yield


@asynccontextmanager
async def full_disk(folder: Path) -> AsyncIterator[None]:
    """Not a block is free while the block runs, also where something is deleted meanwhile."""

    async def keep_full() -> None:
        while True:
            fill_disk(folder)
            await asyncio.sleep(LOOK_SECONDS)

    filling = asyncio.create_task(keep_full())
    try:
        yield
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)
        (folder / BALLAST).unlink()


def fill_disk(folder: Path) -> None:
    """Take every block of the file system of `folder` that is free."""
    with (folder / BALLAST).open("ab") as file:
        for size in (MIB, 4096):
            while _allocate_blocks(file.fileno(), size):
                pass


def _allocate_blocks(file: int, size: int) -> bool:
    """Make a file that much longer; False if no space is left."""
    try:
        os.posix_fallocate(file, os.fstat(file).st_size, size)
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        return False
    return True
