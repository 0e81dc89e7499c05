"""An occurrence that was taken back is not shown in the trash.

Those that wait there already are known by the one before them, which is open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

MARK = """
UPDATE task SET taken_back = true
WHERE deleted_at IS NOT NULL AND NOT done AND EXISTS (
    SELECT 1 FROM task AS earlier
    WHERE earlier.user_id = task.user_id AND earlier.series_id = task.series_id
    AND earlier.occurrence = task.occurrence - 1 AND NOT earlier.done
)
"""


def upgrade() -> None:
    op.add_column("task", sa.Column("taken_back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(MARK)
