"""What the task service does beside the requests."""

from task_service.fanout import worker as fanout
from task_service.import_export import worker as imports
from task_service.import_export.use_cases import purge_imports
from task_service.retention import worker as retention
from task_service.sync.use_cases import purge_deletions

WORK = (imports.run, fanout.run, retention.run)
PURGE = (purge_deletions, purge_imports)
