"""The container: what the notification service is made of, typed, put together before the first request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from notification_service.channels.keys import ChannelKeys
from notification_service.reminders.dispatcher import ReminderDispatcher
from notification_service.settings import Settings
from servicekit.dapr.sidecar import Sidecar
from servicekit.persistence.database import Database


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    settings: Settings
    database: Database
    sidecar: Sidecar
    keys: ChannelKeys
    dispatcher: ReminderDispatcher
    """Shared by the scheduler's callback, the sweep and the delivery worker, which it wakes."""


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
