"""Quick add: a task from one line of text, as people write it. No I/O."""

from task_service.quickadd.calendar import Calendar
from task_service.quickadd.parser import ParsedTask, parse_text
from task_service.quickadd.text import TextSpan

__all__ = ["Calendar", "ParsedTask", "TextSpan", "parse_text"]
