"""Refresh tokens that have expired are found without reading all of them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("refresh_token_expiry", "refresh_token", ["expires_at"])
