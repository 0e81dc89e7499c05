"""The state store, as services use it (rule 12: a stale ETag is refused)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from devstack import credentials
from devstack.stack import Stack
from servicekit.dapr.sidecar import Sidecar, StateConflict, StateEntry


@pytest.fixture
async def sidecar(healthy: Stack) -> AsyncIterator[Sidecar]:
    """The sidecar of the chat service."""
    token = credentials.ensure_secrets(healthy.folder)["dapr-api"]["token"]
    sidecar = Sidecar(healthy.addresses.app("chat").ports["daprHTTPPort"], token)
    await sidecar.start()
    yield sidecar
    await sidecar.close()


class TestRule12:
    async def test_a_stale_etag_is_refused(self, sidecar: Sidecar) -> None:
        key = str(uuid4())
        await sidecar.save_state(key, {"n": 1})
        first = await sidecar.get_state(key)
        await sidecar.save_state(key, {"n": 2}, etag=first.etag)
        with pytest.raises(StateConflict):
            await sidecar.save_state(key, {"n": 3}, etag=first.etag)
        assert (await sidecar.get_state(key)).value == {"n": 2}

    async def test_a_value_that_is_there_is_not_made_anew(self, sidecar: Sidecar) -> None:
        key = str(uuid4())
        await sidecar.save_state(key, {"n": 1})
        with pytest.raises(StateConflict):
            await sidecar.save_state(key, {"n": 2})
        assert (await sidecar.get_state(key)).value == {"n": 1}


class TestState:
    async def test_of_an_unknown_key_is_nothing(self, sidecar: Sidecar) -> None:
        assert await sidecar.get_state(str(uuid4())) == StateEntry()

    async def test_that_was_deleted_is_nothing(self, sidecar: Sidecar) -> None:
        key = str(uuid4())
        await sidecar.save_state(key, {"n": 1})
        await sidecar.delete_state(key)
        assert await sidecar.get_state(key) == StateEntry()
