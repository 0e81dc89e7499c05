"""All routers of the service."""

from task_service.batch.routes import batch
from task_service.calendar_feed.routes import feed, public_feed
from task_service.import_export.routes import exports, files, imports
from task_service.labels.routes import label_routes
from task_service.projects.routes import project_routes
from task_service.quickadd.routes import quick_add
from task_service.quotas.routes import usage
from task_service.saved_filters.routes import filter_routes
from task_service.sync.routes import changes
from task_service.tasks.routes import FAST_READS, tasks

__all__ = ["ALL", "FAST_READS"]

ALL = (
    *(tasks, quick_add, project_routes, label_routes, filter_routes),
    *(batch, changes, files, imports, exports, feed, public_feed, usage),
)
