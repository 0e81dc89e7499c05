"""The tables of the task service, by the features they belong to."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from servicekit.messaging.outbox import OutboxRow
from servicekit.messaging.processed_messages import ProcessedMessageRow
from servicekit.web.idempotency import IdempotencyRow
from task_service.labels.models import Label
from task_service.projects.models import Project
from task_service.saved_filters.models import SavedFilter
from task_service.tasks.due import NEVER
from task_service.tasks.models import Activity, Task, TaskLabel, TaskText

__all__ = [
    "NEVER",
    "Activity",
    "DeletedUser",
    "IdempotencyRow",
    "Label",
    "OutboxRow",
    "ProcessedMessageRow",
    "Project",
    "SavedFilter",
    "Task",
    "TaskLabel",
    "TaskText",
]


class DeletedUser(SQLModel, table=True):
    """Tombstone of a user whose account is gone: their access tokens are good for some minutes more."""

    __tablename__ = "erased_owner"

    id: str = Field(primary_key=True)
    erased_at: datetime
