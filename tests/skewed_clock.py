"""The clock of a replica that is two minutes ahead of the others, to stand for `datetime` in a module."""

from datetime import datetime, timedelta, tzinfo
from typing import Self

SKEW = timedelta(minutes=2)


class Ahead(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + SKEW
