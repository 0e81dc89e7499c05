"""HTTP in: API tokens, and their exchange, which the edge alone may ask for."""

from fastapi import Response, Security
from fastapi.routing import APIRoute

from servicekit.security.auth import CurrentUser, access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page, decode_cursor, encode_cursor, paginate
from servicekit.web.routes import SessionDep, create_router
from user_service.api_tokens import use_cases
from user_service.api_tokens.schemas import Exchange, Exchanged, TokenCreate, TokenCreated, TokenRead
from user_service.container import ContainerDep

api_tokens = create_router(prefix="/tokens", tags=["account"])
exchanges = create_router(prefix="/auth", tags=["auth"], route_class=APIRoute)


@api_tokens.get("", dependencies=[Security(access_token)])
async def list_tokens(
    user: CurrentUser, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[TokenRead]:
    """List API tokens.

    Newest first; those that expired in the last 30 days among them.
    """
    scope = f"tokens {user.user_id}"
    before = decode_cursor(cursor, scope=scope, values=1)[0] if cursor else None
    found = await use_cases.list_tokens(session, user.user_id, before, limit + 1)
    rows, last = paginate(found, limit)
    return Page(
        items=[TokenRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.id], scope=scope) if last else None,
    )


@api_tokens.post("", status_code=201, dependencies=[Security(access_token)])
async def create_token(
    user: CurrentUser, body: TokenCreate, session: SessionDep, container: ContainerDep, response: Response
) -> TokenCreated:
    """Create an API token.

    Answers with the token, which is not shown again. An account has 25 at most, by default.
    """
    settings = container.settings
    made, text = await use_cases.create_token(
        session, user.user_id, body, settings.api_token_life, settings.quota_api_tokens
    )
    response.headers["Location"] = f"/api/v1/tokens/{made.id}"
    return TokenCreated.model_validate({**made.model_dump(), "token": text})


@api_tokens.delete("/{id}", status_code=204, dependencies=[Security(access_token)])
async def revoke_token(user: CurrentUser, id: PathId, session: SessionDep) -> None:
    """Revoke an API token.

    It is of no use any more within seconds.
    """
    await use_cases.revoke_token(session, user.user_id, id)


@exchanges.post("/exchange", include_in_schema=False)
async def exchange_token(container: ContainerDep, body: Exchange) -> Exchanged:
    return await use_cases.exchange_token(container.database, body.token, container.token_issuer)
