"""Nobody does twice at a time what may be done once."""

from pathlib import Path

import pytest

from cluster.lock import hold_lock
from devstack.errors import CommandError


class TestAlone:
    def test_refuses_the_second(self, tmp_path: Path) -> None:
        lock = tmp_path / "run" / "lock"
        with hold_lock(lock, "busy"), pytest.raises(CommandError, match="busy"), hold_lock(lock, "busy"):
            pass

    def test_lets_in_the_next(self, tmp_path: Path) -> None:
        for _ in range(2):
            with hold_lock(tmp_path / "lock", "busy"):
                pass
