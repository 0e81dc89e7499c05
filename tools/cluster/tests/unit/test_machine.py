import pytest

from cluster.machine import LEAST_FREE_BYTES, compute_cpu_shares, require_space
from devstack.errors import CommandError


class TestSpace:
    def test_is_asked_for_in_words(self) -> None:
        require_space(LEAST_FREE_BYTES)
        with pytest.raises(CommandError, match=r"needs 10 GB of free disk; there are 2\.6 GB"):
            require_space(2_600_000_000)


class TestCpuShares:
    @pytest.mark.parametrize(
        ("nice", "processors", "shares"), [(0, 2, 2048), (-10, 2, 19072), (-20, 64, 262144)]
    )
    def test_follow_niceness_as_the_kernel_counts_it(self, nice: int, processors: int, shares: int) -> None:
        assert compute_cpu_shares(nice, processors) == shares
