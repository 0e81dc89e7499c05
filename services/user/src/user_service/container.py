"""The container: what the user service is made of, typed, put together once before the first request."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from servicekit.persistence.database import Database
from user_service.settings import Settings
from user_service.signing_keys import KeyRing
from user_service.use_cases import TokenIssuer


@dataclass(slots=True)
class Container:
    """One of each for the whole process. A test may put another part in its place."""

    settings: Settings
    database: Database
    key_ring: KeyRing

    @property
    def token_issuer(self) -> TokenIssuer:
        return TokenIssuer(self.key_ring.current, self.settings)


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def get_container(request: Request) -> Container:
    return container_of(request.app)


ContainerDep = Annotated[Container, Depends(get_container)]
