import pytest

from cluster.machine import cpu_shares


class TestCpuShares:
    @pytest.mark.parametrize(
        ("nice", "processors", "shares"), [(0, 2, 2048), (-10, 2, 19072), (-20, 64, 262144)]
    )
    def test_follow_niceness_as_the_kernel_counts_it(self, nice: int, processors: int, shares: int) -> None:
        assert cpu_shares(nice, processors) == shares
