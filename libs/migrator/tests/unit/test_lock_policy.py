"""How long a revision leaves others alone before it asks for its locks again."""

from migrator import LockPolicy


class TestPause:
    def test_doubles_up_to_the_longest(self) -> None:
        policy = LockPolicy(pause=1, longest_pause=5)
        for attempt, full in ((1, 1), (2, 2), (3, 4), (4, 5), (100, 5)):
            pauses = [policy.pause_after(attempt) for _ in range(50)]
            assert full / 2 <= min(pauses) <= max(pauses) <= full

    def test_differs_between_those_who_wait(self) -> None:
        assert len({LockPolicy().pause_after(3) for _ in range(10)}) > 1
