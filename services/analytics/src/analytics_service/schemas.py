"""What the API of the analytics service shows."""

from servicekit.web.schemas import ResponseModel


class Summary(ResponseModel):
    """How often each thing has happened since the account was made."""

    tasks_created: int = 0
    """Tasks that were created."""
    tasks_updated: int = 0
    """Changes of fields of tasks."""
    tasks_completed: int = 0
    """Tasks that were completed."""
    tasks_reopened: int = 0
    """Tasks that were reopened."""
    tasks_deleted: int = 0
    """Tasks that went to the trash."""
    tasks_restored: int = 0
    """Tasks that came out of the trash."""
    chat_messages: int = 0
    """Messages to the assistant."""
