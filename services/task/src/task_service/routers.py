"""All routes of the service."""

from task_service import routes
from task_service.batch.routes import batch
from task_service.changes.routes import changes
from task_service.feed.routes import feed, public_feed
from task_service.quickadd.routes import quick_add
from task_service.quotas.routes import usage
from task_service.structure.routes import filter_routes, label_routes, project_routes
from task_service.transfer.routes import exports, files, imports

ALL = (
    *(routes.tasks, quick_add, project_routes, label_routes, filter_routes),
    *(batch, changes, files, imports, exports, feed, public_feed, usage),
)
