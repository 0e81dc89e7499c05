"""HTTP in: accounts, sessions and published keys."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.problems import build_problem_response
from servicekit.security.auth import JWKS_PATH, CurrentUser, Principal, access_token
from servicekit.web import idempotency
from servicekit.web.fast_reads import NO_QUERY, create_fast_reads, render_json
from servicekit.web.preconditions import apply_if_none_match, format_etag, require_match
from servicekit.web.quotas import UsageList
from servicekit.web.routes import SessionDep, create_router, reject_unknown_parameters
from user_service import passwords, use_cases
from user_service.container import Container, ContainerDep, container_of
from user_service.errors import RefreshTokenInvalid
from user_service.models import User
from user_service.schemas import Refresh, SignedIn, SignIn, SignUp, Tokens, UserPatch, UserRead

auth = create_router(prefix="/auth", tags=["auth"])
credentials = create_router(prefix="/auth", tags=["auth"], route_class=APIRoute)
"""Hashing a password takes its time, so no connection to the database is held meanwhile."""
users = create_router(prefix="/users", tags=["account"])
usage = create_router(tags=["account"])
keys = create_router(tags=["keys"])


@credentials.post("/sign-up", status_code=201, response_model=SignedIn)
async def sign_up(request: Request, body: SignUp, container: ContainerDep) -> Response:
    """Sign up.

    Creates an account and starts a session.
    """
    reject_unknown_parameters(request, frozenset())
    password_hash = await passwords.hash_password(body.password)
    return await _run_once(
        request,
        container,
        201,
        lambda session: use_cases.sign_up(session, body, password_hash, container.token_issuer),
    )


@credentials.post("/sign-in", response_model=SignedIn)
async def sign_in(request: Request, body: SignIn, container: ContainerDep) -> Response:
    """Sign in.

    Starts a session of its own; others go on. After several wrong passwords an address has to wait.
    """
    reject_unknown_parameters(request, frozenset())
    user_id = await use_cases.check_password(container.database, body.email, body.password)
    return await _run_once(
        request, container, 200, lambda session: use_cases.sign_in(session, user_id, container.token_issuer)
    )


@auth.post("/refresh", name="refresh", response_model=Tokens)
async def refresh_tokens(container: ContainerDep, body: Refresh, session: SessionDep) -> Tokens | Response:
    """Get fresh tokens.

    Each refresh token is good for one use; using one twice ends the whole session.
    """
    tokens = await use_cases.rotate_refresh_token(session, body.refresh_token, container.token_issuer)
    return tokens or build_problem_response(RefreshTokenInvalid(code="refresh-token-reused"))


@auth.post("/sign-out", status_code=204)
async def sign_out(body: Refresh, session: SessionDep) -> None:
    """Sign out.

    Ends the session of a refresh token. Its access token is good for some minutes more.
    """
    await use_cases.sign_out(session, body.refresh_token)


@users.get("/me", dependencies=[Security(access_token, scopes=["account:read"])])
async def read_me(user: CurrentUser, session: SessionDep, response: Response) -> UserRead:
    """Read the account.

    Of whoever asks.
    """
    return _show_account(await use_cases.read_account(session, user.user_id), response)


@users.patch("/me", dependencies=[Security(access_token)])
async def update_me(
    user: CurrentUser, body: UserPatch, session: SessionDep, request: Request, response: Response
) -> UserRead:
    """Change the account.

    A JSON merge patch (RFC 7396): what is absent stays, null is back to the default.
    """
    account = await use_cases.lock_account(session, user.user_id)
    require_match(request, UserRead.model_validate(account), account.version)
    return _show_account(await use_cases.update_account(session, account, body), response)


@users.delete("/me", status_code=204, dependencies=[Security(access_token)])
async def delete_me(user: CurrentUser, session: SessionDep, request: Request) -> None:
    """Delete the account.

    Delete the account and everything every service holds of it.
    """
    account = await use_cases.lock_account(session, user.user_id)
    require_match(request, UserRead.model_validate(account), account.version)
    await use_cases.delete_account(session, account)


@usage.get("/usage", include_in_schema=False, dependencies=[Security(access_token, scopes=["account:read"])])
async def read_usage(user: CurrentUser, container: ContainerDep, session: SessionDep) -> UsageList:
    """A part of `GET /users/me/usage`."""
    return await use_cases.read_usage(session, user.user_id, container.settings)


@keys.get(JWKS_PATH, include_in_schema=False)
async def published_keys(container: ContainerDep) -> dict[str, list[dict[str, str]]]:
    return {"keys": [key.jwk for key in container.key_ring.keys]}


async def _run_once(
    request: Request,
    container: Container,
    status: int,
    open_session: Callable[[AsyncSession], Awaitable[tuple[User, Tokens]]],
) -> Response:
    """What came of `open_session`, and of an earlier request under the same idempotency key."""
    claim = await idempotency.parse_claim(request, "anonymous")
    async with container.database.transaction() as session:
        earlier = await idempotency.claim_key(session, claim) if claim else None
        if earlier is not None:
            return earlier
        signed_in = _signed_in(*await open_session(session))
        response = JSONResponse(signed_in.model_dump(mode="json"), status)
        if claim:
            await idempotency.store_response(session, claim, response)
    return response


def _signed_in(user: User, tokens: Tokens) -> SignedIn:
    return SignedIn(user=UserRead.model_validate(user), **tokens.model_dump())


def _show_account(user: User, response: Response) -> UserRead:
    response.headers["ETag"] = format_etag(user.version)
    return UserRead.model_validate(user)


async def _read_me_fast(request: Request, user: Principal) -> Response:
    row = await use_cases.read_account_row(container_of(request.app).database, user.user_id)
    content = {name: row[name] for name in UserRead.model_fields}
    return apply_if_none_match(request, render_json(content, {"ETag": format_etag(row["version"])}))


FAST_READS = create_fast_reads(users.routes, read_me={NO_QUERY: _read_me_fast})
