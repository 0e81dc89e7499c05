"""The columns that filters and sort orders look at."""

from task_service.models import Label, Project, Task, TaskLabel, TaskText

TASK = Task.metadata.tables["task"].c
TEXT = TaskText.metadata.tables["task_text"].c
TEXT_SEEN = TaskText.metadata.tables["task_text"].alias("seen")
"""The text of a task as conditions look at it, beside `TEXT`, which lists are sorted by."""
LABEL = TaskLabel.metadata.tables["task_label"].c
SEEN = TEXT_SEEN.c
LABELS = Label.metadata.tables["label"].c
PROJECT = Project.metadata.tables["project"].c
