"""Quick add: parses one line of natural language to a task. No I/O.

`text` masks what is never parsed, `markers` finds `#label` and the like, `phrase_matcher` matches the phrases
of `english` and calls their resolvers, `context` rejects what its surroundings negate or join, and `parser`
combines what is left. What is not understood stays in the title: nothing is lost, nothing falsified.
"""

from task_service.quickadd.calendar import Calendar
from task_service.quickadd.parser import ParsedTask, parse_text
from task_service.quickadd.text import TextSpan

__all__ = ["Calendar", "ParsedTask", "TextSpan", "parse_text"]
