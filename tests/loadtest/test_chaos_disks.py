"""A disk that is full, where a small one may be mounted."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.chaos.disks import full_disk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "test", str(tmp_path)], check=False)
    if done.returncode:
        pytest.skip("mounts are not allowed here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


class TestFullDisk:
    async def test_takes_nothing_until_the_block_ends(self, disk: Path) -> None:
        async with full_disk(disk):
            while os.statvfs(disk).f_bavail:
                await asyncio.sleep(0.01)
            with pytest.raises(OSError, match="No space left"):
                (disk / "more").write_bytes(bytes(4096))
        (disk / "more").write_bytes(bytes(4096))
