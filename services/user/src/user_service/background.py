"""What runs beside requests: the container is put together at startup, and retention jobs."""

from fastapi import FastAPI

from servicekit.app import in_one_transaction
from servicekit.security.auth import TokenVerifier
from user_service import use_cases
from user_service.api_tokens.use_cases import purge_expired_tokens
from user_service.container import Container
from user_service.signing_keys import load_key_ring


async def open_container(app: FastAPI) -> None:
    """Read the keys and let the app sign and verify with them: it needs no published ones."""
    state = app.state
    state.container = Container(state.settings, state.database, await load_key_ring(state.sidecar))
    state.verifier = TokenVerifier(state.container.key_ring)


STARTUP = (open_container,)
PURGE_JOBS = (in_one_transaction(purge_expired_tokens), in_one_transaction(use_cases.purge_refresh_tokens))
