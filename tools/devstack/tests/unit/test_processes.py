"""Background processes: what they print and write."""

import stat
import time
from pathlib import Path

import pytest

from devstack import processes
from devstack.paths import RunFolder


def modes(folder: RunFolder, umask: int) -> dict[str, str]:
    """Of what a process that is started so has made, when it has ended."""
    write = ["sh", "-c", "mkdir made && touch made/file && echo told"]
    process = processes.start_process(folder, "writer", write, umask=umask)
    deadline = time.monotonic() + 20
    while process.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    made = {
        "log": folder.logs / "writer.log",
        "folder": folder.path / "made",
        "file": folder.path / "made/file",
    }
    return {name: stat.filemode(path.stat().st_mode) for name, path in made.items()}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder(tmp_path)
    found.make()
    return found


class TestStart:
    def test_keeps_what_is_written_to_oneself(self, folder: RunFolder) -> None:
        expected = {"log": "-rw-------", "folder": "drwx------", "file": "-rw-------"}
        assert modes(folder, processes.OWN) == expected

    def test_can_let_others_read_but_for_the_log(self, folder: RunFolder) -> None:
        expected = {"log": "-rw-------", "folder": "drwxr-xr-x", "file": "-rw-r--r--"}
        assert modes(folder, 0o022) == expected
