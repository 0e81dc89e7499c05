"""The rules of API tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.scopes import API_TOKEN_PREFIX
from servicekit.errors import Invalid, NotFound
from servicekit.persistence.database import Database
from servicekit.web.ids import new_id
from user_service import repository, tokens
from user_service.api_tokens.schemas import Exchanged, TokenCreate
from user_service.errors import ApiTokenInvalid, TooManyTokens
from user_service.models import ApiToken
from user_service.repository import CredentialRepository
from user_service.use_cases import TokenIssuer, lock_account

LONGEST_LIFE = timedelta(days=366)
PREFIX_LENGTH = len(API_TOKEN_PREFIX) + 4
USE_NOTED_EVERY = timedelta(minutes=1)
LISTED_AFTER_EXPIRY = timedelta(days=30)


async def create_token(
    session: AsyncSession, user_id: str, body: TokenCreate, life: timedelta, most: int
) -> tuple[ApiToken, str]:
    """Make a token; the text of it is not kept. life: without `expires_at`. most: tokens of one account.

    Raises `Invalid`, `TooManyTokens`, or `NotFound` for an account that is gone.
    """
    now = datetime.now(UTC)
    expires_at = body.expires_at or now.replace(microsecond=0) + life
    if not now < expires_at <= now + LONGEST_LIFE:
        raise Invalid.field("/expires_at", f"A token must expire within {LONGEST_LIFE.days} days.")
    await lock_account(session, user_id)  # of two tokens made at once the second counts the first
    if await CredentialRepository(session, user_id).count_api_tokens() >= most:
        raise TooManyTokens
    text = tokens.make_api_token()
    made = ApiToken(
        id=new_id(),
        token_hash=tokens.hash_token(text),
        user_id=user_id,
        name=body.name,
        prefix=text[:PREFIX_LENGTH],
        scope=" ".join(body.scopes),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(made)
    return made, text


async def list_tokens(
    session: AsyncSession, user_id: str, before: str | None, limit: int
) -> Sequence[ApiToken]:
    return await CredentialRepository(session, user_id).list_api_tokens(before, limit)


async def revoke_token(session: AsyncSession, user_id: str, id: str) -> None:
    """Raises `NotFound`."""
    if not await CredentialRepository(session, user_id).delete_api_token(id):
        raise NotFound


async def exchange_token(database: Database, token: str, issuer: TokenIssuer) -> Exchanged:
    """An access token with the rights of the API token. Raises `ApiTokenInvalid`."""
    now = datetime.now(UTC)
    async with database.reading() as session:
        found = await repository.find_api_token(session, tokens.hash_token(token))
    if found is None or found[0].expires_at <= now:
        raise ApiTokenInvalid
    known, user = found
    if known.last_used_at is None or known.last_used_at <= now - USE_NOTED_EVERY:
        async with database.transaction() as session:
            credentials = CredentialRepository(session, known.user_id)
            await credentials.record_api_token_use(known.id, now.replace(second=0, microsecond=0))
    life = min(issuer.settings.exchanged_token_life, known.expires_at - now)
    return Exchanged(
        access_token=tokens.make_access_token(user, issuer.key, life, known),
        expires_in=int(life.total_seconds()),
    )


async def purge_expired_tokens(session: AsyncSession) -> None:
    """Drop tokens that expired long ago."""
    await repository.delete_expired_api_tokens(session, datetime.now(UTC) - LISTED_AFTER_EXPIRY)
