"""Outbox, inbox and idempotency; conversations are in the state store."""

from servicekit.migrations import create_servicekit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_servicekit_tables()
