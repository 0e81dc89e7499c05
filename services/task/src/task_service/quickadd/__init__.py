"""Quick add: a task from one line of text, as people write it. No I/O."""

from task_service.quickadd.calendar import Calendar
from task_service.quickadd.parser import Understood, understand
from task_service.quickadd.text import Span

__all__ = ["Calendar", "Span", "Understood", "understand"]
