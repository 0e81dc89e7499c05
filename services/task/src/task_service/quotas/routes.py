"""HTTP in: what an account uses of its quotas; the edge puts the parts of all services together."""

from fastapi import Security

from servicekit.security.auth import access_token
from servicekit.web.quotas import UsageList
from servicekit.web.routes import create_router
from task_service.container import ContainerDep
from task_service.quotas import use_cases
from task_service.quotas.recorder import limits_of
from task_service.unit_of_work.unit import UnitOfWorkDep

usage = create_router(tags=["account"])


@usage.get("/usage", include_in_schema=False, dependencies=[Security(access_token, scopes=["account:read"])])
async def read_usage(unit: UnitOfWorkDep, container: ContainerDep) -> UsageList:
    return await use_cases.read_usage(unit, limits_of(container.settings))
