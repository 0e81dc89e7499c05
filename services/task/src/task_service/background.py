"""What the task service does before the first request, and beside the requests."""

from fastapi import FastAPI

from servicekit.app import in_one_transaction
from task_service.container import Container
from task_service.fanout import worker as fanout
from task_service.import_export import worker as imports
from task_service.import_export.handover import Handover
from task_service.import_export.use_cases import purge_imports
from task_service.retention.purge import purge_expired
from task_service.sync.use_cases import purge_deletions
from task_service.unit_of_work.session import use_units_of_work


async def open_container(app: FastAPI) -> None:
    """Put the container together; transactions are units of work from here on."""
    state = app.state
    state.container = Container(settings=state.settings, database=state.database, handover=Handover())
    use_units_of_work(state.database, state.settings)


STARTUP = (open_container,)
WORK = (imports.run, fanout.run)
PURGE_JOBS = (
    in_one_transaction(purge_deletions),
    in_one_transaction(purge_imports),
    purge_expired,
)
