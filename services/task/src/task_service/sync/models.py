"""Tables of the feed: the last change of each thing, numbered for each user."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class ChangeLogEntry(SQLModel, table=True):
    """The last change of one thing. A later one takes its place, with a higher `seq`."""

    __tablename__ = "change"

    user_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    seq: int
    deleted: bool
    at: datetime


class ChangeCounter(SQLModel, table=True):
    """The last number given out to a user's changes, and up to which deletions are forgotten."""

    __tablename__ = "change_counter"

    user_id: str = Field(primary_key=True)
    last: int
    forgotten: int = 0
