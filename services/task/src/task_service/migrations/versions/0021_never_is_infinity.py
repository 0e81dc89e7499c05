"""Store "never" of imported tasks as `infinity`, which is what the driver makes of it.

Imports write their rows as JSON, where it was the last moment of the year 9999: to filters such tasks were
due then, and those without a date came up where dates were asked for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_MEND = r"""
UPDATE task SET due_by = 'infinity'
WHERE due_by >= TIMESTAMPTZ '9999-12-31 23\:59\:59+00' AND due_by < 'infinity'
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(_MEND))
