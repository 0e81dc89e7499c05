"""What the task service does beside the requests."""

from task_service.changes.use_cases import forget as forget_changes
from task_service.fanout import worker as fanout
from task_service.retention import worker as retention
from task_service.transfer import worker as imports
from task_service.transfer.use_cases import forget as forget_imports

WORK = (imports.run, fanout.run, retention.run)
FORGET = (forget_changes, forget_imports)
