"""Fair queueing: users are served round robin, however much waits for each of them.

The queue is the table, so restarts and other replicas change nothing about it. A look walks over the users
something waits for, from the one served last on, one index entry each, and takes one delivery of everybody
who may have one more in flight. So a look costs what there are users, not what there are deliveries, and a
user's first one is behind one of each other user at most, never behind all of theirs.

What is in flight is limited for a user, a channel and the host it goes to, at each replica. Some places are
kept for users who have nothing in flight: were all held by receivers that hang, somebody else would wait
for as long as these may take.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_IN_FLIGHT = 256
RESERVED_SLOTS = 64
"""Places only users have of whom nothing is in flight."""
MAX_BATCH = 32
"""Taken in one transaction at most."""
MAX_PER_USER = 8
MAX_PER_CHANNEL = 4
MAX_PER_HOST = 32


@dataclass(frozen=True, slots=True)
class ReadyDelivery:
    """A delivery that may be sent now, and what it counts for while it is in flight."""

    delivery_id: str
    user_id: str
    channel_id: str
    host: str


@dataclass(slots=True)
class InFlight:
    """What one replica is sending."""

    tasks: dict["asyncio.Task[None]", ReadyDelivery] = field(default_factory=dict)

    @property
    def free_slots(self) -> int:
        """How many more may be begun in one go."""
        free = MAX_IN_FLIGHT - len(self.tasks)
        return min(MAX_BATCH, free - RESERVED_SLOTS if free > RESERVED_SLOTS else free)

    def list_blocked(self) -> dict[str, list[str]]:
        """Who and what has as many in flight as it may: `users`, `channels` and `hosts`."""
        ready = self.tasks.values()
        most = MAX_PER_USER if MAX_IN_FLIGHT - len(self.tasks) > RESERVED_SLOTS else 1
        return {
            "users": _at_least(most, [each.user_id for each in ready]),
            "channels": _at_least(MAX_PER_CHANNEL, [each.channel_id for each in ready]),
            "hosts": _at_least(MAX_PER_HOST, [each.host for each in ready if each.host]),
        }

    def select_fitting(self, ready: Sequence[ReadyDelivery]) -> list[ReadyDelivery]:
        """As many of `ready` as their hosts may have beside what is in flight."""
        tally = Counter(each.host for each in self.tasks.values())
        fit = []
        for each in ready:
            tally[each.host] += 1
            if not each.host or tally[each.host] <= MAX_PER_HOST:
                fit.append(each)
        return fit


def _at_least(most: int, names: Sequence[str]) -> list[str]:
    return [name for name, number in Counter(names).items() if number >= most]
