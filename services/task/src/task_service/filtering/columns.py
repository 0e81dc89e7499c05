"""The columns that filters and sort orders look at."""

from task_service.models import Project, Task, TaskLabel, TaskText

TASK = Task.metadata.tables["task"].c
TEXT = TaskText.metadata.tables["task_text"].c
LABEL = TaskLabel.metadata.tables["task_label"].c
PROJECT = Project.metadata.tables["project"].c
