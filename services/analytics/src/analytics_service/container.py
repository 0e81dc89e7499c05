"""The container: what the analytics service is made of, typed, put together before the first request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from analytics_service.dead_letters.service import DeadLetterService
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.consumer import EventConsumer
from servicekit.persistence.database import Database


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    database: Database
    sidecar: Sidecar
    consumer: EventConsumer

    def dead_letters_for(self, token: str) -> DeadLetterService:
        """Dead letters, replayed in the name of the operator whose access token `token` is."""
        return DeadLetterService(self.database, self.sidecar, self.consumer, token)


async def open_container(app: FastAPI) -> None:
    state = app.state
    state.container = Container(state.database, state.sidecar, state.consumer)


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
