"""Hide the rows of everybody else from a transaction that says whose rows it is about (decision 39).

A transaction says so with the lock of its user. One that says nothing sees all: reads, workers, and replicas
of the release before. The owner of a table would be exempt, so it is forced. Texts are left out: their n-gram
index can't be used behind a policy, as the operator of arrays is not leakproof.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = (
    *("task", "project", "label", "saved_filter", "task_label", "activity", "change", "change_counter"),
    *("account_usage", "fan_out", "fan_out_task", "import_job", "calendar_feed"),
)
_POLICY = """
CREATE POLICY owner ON "{table}"
USING (user_id = coalesce((SELECT nullif(current_setting('todo.user_id', true), '')), user_id))
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(sa.text(_POLICY.format(table=table)))
        op.execute(sa.text(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'))
