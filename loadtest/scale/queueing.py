"""Queues with several servers (M/M/c): who comes at random waits until one of `servers` is free."""

import math

SHARE = 0.95


def erlang_c(servers: int, load: float) -> float:
    """The share of those who wait at all (Erlang C). load: servers that are busy on average."""
    if load >= servers:
        return 1.0
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def waiting_seconds(servers: int, rate: float, seconds: float) -> float:
    """Seconds that 95 % wait at most; infinite where more come than can be served.

    rate: how many come a second. seconds: one takes on average.
    """
    load = rate * seconds
    if load >= servers:
        return math.inf
    share = erlang_c(servers, load)
    return max(0.0, math.log(share / (1 - SHARE)) * seconds / (servers - load)) if share else 0.0


def servers_needed(rate: float, seconds: float, wait: float, busy: float) -> int:
    """The fewest servers, so that 95 % wait no longer than `wait` and each is busy at most `busy`."""
    least = max(1, math.ceil(round(rate * seconds / busy, 9)))
    most = least
    while waiting_seconds(most, rate, seconds) > wait:
        most *= 2
    while least < most:
        middle = (least + most) // 2
        if waiting_seconds(middle, rate, seconds) > wait:
            least = middle + 1
        else:
            most = middle
    return least
