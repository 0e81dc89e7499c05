"""What the API of the analytics service shows."""

from pydantic import BaseModel


class Summary(BaseModel):
    """How often each thing has happened since the account was made."""

    tasks_created: int = 0
    tasks_updated: int = 0
    tasks_completed: int = 0
    tasks_reopened: int = 0
    tasks_deleted: int = 0
    tasks_restored: int = 0
    chat_messages: int = 0
