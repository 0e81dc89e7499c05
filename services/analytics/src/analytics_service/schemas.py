"""What the API of the analytics service shows."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Summary(BaseModel):
    """How often each thing has happened since the account was made."""

    tasks_created: int = 0
    tasks_updated: int = 0
    tasks_completed: int = 0
    tasks_reopened: int = 0
    tasks_deleted: int = 0
    tasks_restored: int = 0
    chat_messages: int = 0


class DeadLetterRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    event_id: str
    consumer: str
    topic: str
    cause: str
    event: str
    parked_at: datetime
