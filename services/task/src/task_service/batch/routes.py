"""HTTP in: many commands at once."""

from fastapi import Security

from servicekit.security.auth import access_token
from servicekit.web.routes import create_router
from task_service.batch import use_cases
from task_service.batch.schemas import BatchRequest, BatchResult
from task_service.unit_of_work.unit import UnitOfWorkDep

batch = create_router(prefix="/batch", tags=["many at once"])


@batch.post("", dependencies=[Security(access_token, scopes=["tasks:write"])])
async def run_batch(unit: UnitOfWorkDep, body: BatchRequest) -> BatchResult:
    """Run many commands.

    Does up to 100 commands in one transaction, in their order. Each has its own status and problem, whose
    pointers are into its body. With `atomic` the first failure undoes all: 422, with the results up to
    there. A command is done once: its `uuid` is remembered for 24 hours. What one command creates with a
    `temp_id`, later ones may name by it.
    """
    return await use_cases.run_batch(unit, body)
