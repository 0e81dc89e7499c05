"""Table of calendar addresses."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class CalendarFeed(SQLModel, table=True):
    """The one address of a user, known by the hash of its secret."""

    __tablename__ = "calendar_feed"

    user_id: str = Field(primary_key=True)
    secret_hash: str
    time_zone: str = "UTC"
    """Where the user lives, an IANA zone."""
    created_at: datetime
