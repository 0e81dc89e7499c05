"""Nobody does twice at a time what may be done once."""

from pathlib import Path

import pytest

from cluster.alone import alone
from devstack.failure import Failure


class TestAlone:
    def test_refuses_the_second(self, tmp_path: Path) -> None:
        lock = tmp_path / "run" / "lock"
        with alone(lock, "busy"), pytest.raises(Failure, match="busy"), alone(lock, "busy"):
            pass

    def test_lets_in_the_next(self, tmp_path: Path) -> None:
        for _ in range(2):
            with alone(tmp_path / "lock", "busy"):
                pass
