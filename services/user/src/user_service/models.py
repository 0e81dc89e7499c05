"""Tables of the user service."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow

__all__ = ["ApiToken", "IdempotencyRow", "OutboxRow", "ProcessedMessageRow", "RefreshToken", "User"]


class User(SQLModel, table=True):
    """An account."""

    __tablename__ = "user_account"

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    """Lower-cased and normalized: two spellings of one address are one account."""
    password_hash: str
    name: str
    time_zone: str
    week_start: str | None = None
    quick_add_marks: str | None = None
    """monday, saturday or sunday; None: as in the country of the zone."""
    role: str = "user"
    version: int = 1
    created_at: datetime
    updated_at: datetime


class RefreshToken(SQLModel, table=True):
    """A refresh token, known by its hash. Each use retires it and adds the next of its family."""

    __tablename__ = "refresh_token"

    token_hash: str = Field(primary_key=True)
    family: str = Field(index=True)
    """All tokens that descend from one sign-in."""
    user_id: str = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    expires_at: datetime
    used_at: datetime | None = None


class ApiToken(SQLModel, table=True):
    """A token for a program, known by its hash."""

    __tablename__ = "api_token"

    id: str = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    user_id: str = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    name: str
    prefix: str
    """Its first characters, to tell it from others."""
    scope: str
    """Scopes with spaces between them, as in the claim."""
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    """To the minute."""
