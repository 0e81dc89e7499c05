"""What the API of the notification service shows."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class NotificationRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    title: str
    task_id: str | None
    created_at: datetime
    read_at: datetime | None
