"""The container: what the task service is made of, typed, put together before the first request."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request

from servicekit.persistence.database import Database
from task_service.import_export.handover import Handover
from task_service.settings import Settings


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    settings: Settings
    database: Database
    handover: Handover
    """Between the requests that bring a file and the worker that imports it."""


def container_of(app: FastAPI) -> Container:
    return cast(Container, app.state.container)


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
