"""Exponential backoff: when a delivery that failed is retried. Pure.

Without jitter: what many deliveries to one host would do at once is limited by the fair queue
(`queue.fairness.MAX_PER_HOST`), and each counts its pause from the end of its own attempt.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=3)
GIVEN_UP_AFTER = timedelta(hours=24)
LEASE = timedelta(seconds=60)
"""Visibility timeout: how long a worker may take; after that the delivery is anybody's again."""


def next_attempt_at(
    attempts: int, first_due: datetime, now: datetime, retry_after: float = 0
) -> datetime | None:
    """When to try again after `attempts` tries: 5 s, then 3 times as long each; None to give up.

    retry_after: seconds the other side asks to be left alone (`Retry-After`).
    """
    pause = min(FIRST * float(3 ** min(attempts - 1, 12)), LONGEST)
    pause = max(pause, min(timedelta(seconds=retry_after), LONGEST))
    last = first_due + GIVEN_UP_AFTER
    if now >= last:
        return None
    return min(now + pause, last)
