"""Tables of the change log: the last change of each resource, numbered for each user."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ChangeLogEntry(SQLModel, table=True):
    """The last change of one resource. A later one replaces it with a higher `seq` (log compaction).

    So the log doesn't grow with edits, and a full sync is the same query as a delta.
    """

    __tablename__ = "change"

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    deleted: bool
    at: datetime


class ChangeCounter(SQLModel, table=True):
    """The highest `seq` of a user, and up to which `seq` deletions (tombstones) have been purged."""

    __tablename__ = "change_counter"

    user_id: str = Field(primary_key=True)
    last: int = Field(sa_type=BigInteger)
    forgotten: int = Field(default=0, sa_type=BigInteger)
