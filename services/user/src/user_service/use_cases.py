"""The rules of accounts and sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.errors import NotFound, Unauthenticated
from servicekit.messaging.outbox import record_event
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import Row
from servicekit.web.ids import new_id
from servicekit.web.quotas import Usage, UsageList
from user_service import events, passwords, repository, sign_in_throttle, tokens
from user_service.errors import EmailTaken, RefreshTokenInvalid, WrongCredentials
from user_service.models import RefreshToken, User
from user_service.repository import CredentialRepository
from user_service.schemas import SignUp, Tokens, UserPatch
from user_service.settings import Settings
from user_service.signing_keys import SigningKey


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """What it takes to make tokens."""

    key: SigningKey
    settings: Settings

    def issue_tokens(self, session: AsyncSession, user: User, family: str) -> Tokens:
        """New tokens for `user`; the refresh token is added to `family`."""
        refresh = tokens.make_refresh_token()
        session.add(
            RefreshToken(
                token_hash=tokens.hash_token(refresh),
                family=family,
                user_id=user.id,
                expires_at=datetime.now(UTC) + self.settings.refresh_token_life,
            )
        )
        life = self.settings.access_token_life
        return Tokens(
            access_token=tokens.make_access_token(user, self.key, life),
            refresh_token=refresh,
            expires_in=int(life.total_seconds()),
        )


async def sign_up(
    session: AsyncSession, request: SignUp, password_hash: str, issuer: TokenIssuer
) -> tuple[User, Tokens]:
    """Make an account. Raises `EmailTaken`.

    password_hash: made before, so that it takes as long for an address that is taken.
    """
    if await repository.find_by_email(session, request.email):
        raise EmailTaken
    now = datetime.now(UTC)
    user = User(
        id=new_id(),
        email=request.email,
        password_hash=password_hash,
        name=request.name,
        time_zone=request.time_zone,
        created_at=now,
        updated_at=now,
    )
    session.add(user)
    record_event(session, events.user_signed_up(user))
    try:
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return user, issuer.issue_tokens(session, user, family=new_id())


async def check_password(database: Database, email: str, password: str) -> str:
    """The id of the account. No connection is held while the password is checked.

    Raises `WrongCredentials`, `TooManyAttempts` or `SignInBusy`.
    """
    sign_in_throttle.require_attempts_left(email)
    async with database.reading() as session:
        user = await repository.find_by_email(session, email)
    if not await passwords.verify_password(password, user.password_hash if user else None) or user is None:
        sign_in_throttle.record_failure(email)
        raise WrongCredentials
    sign_in_throttle.clear_failures(email)
    return user.id


async def sign_in(session: AsyncSession, user_id: str, issuer: TokenIssuer) -> tuple[User, Tokens]:
    """Open a session of an account whose password was right. Raises `WrongCredentials` if it is gone."""
    user = await repository.find_by_id(session, user_id)
    if user is None:
        raise WrongCredentials
    credentials = CredentialRepository(session, user.id)
    await credentials.end_oldest_sessions(datetime.now(UTC), keep=issuer.settings.quota_sessions - 1)
    return user, issuer.issue_tokens(session, user, family=new_id())


async def read_usage(session: AsyncSession, user_id: str, settings: Settings) -> UsageList:
    """What the account uses of its quotas here."""
    credentials = CredentialRepository(session, user_id)
    sessions = await credentials.count_sessions(datetime.now(UTC))
    api_tokens = await credentials.count_api_tokens()
    return UsageList(
        items=[
            Usage(name="sessions", used=sessions, limit=settings.quota_sessions),
            Usage(name="api_tokens", used=api_tokens, limit=settings.quota_api_tokens),
        ]
    )


async def purge_refresh_tokens(session: AsyncSession) -> None:
    """Drop tokens that have expired: they are refused anyway, used or not."""
    await repository.delete_expired_refresh_tokens(session, datetime.now(UTC))


async def rotate_refresh_token(session: AsyncSession, token: str, issuer: TokenIssuer) -> Tokens | None:
    """Exchange a refresh token for the next one.

    A token that was used before is in two hands, so its whole family ends: returns None, and the
    caller commits. Raises `RefreshTokenInvalid` for a token that is unknown or expired.
    """
    known = await repository.lock_refresh_token(session, tokens.hash_token(token))
    if known is None or known.expires_at <= datetime.now(UTC):
        raise RefreshTokenInvalid
    if known.used_at:
        await CredentialRepository(session, known.user_id).delete_family(known.family)
        return None
    user = await repository.find_by_id(session, known.user_id)
    if user is None:
        raise RefreshTokenInvalid
    known.used_at = datetime.now(UTC)
    return issuer.issue_tokens(session, user, known.family)


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the session `token` belongs to; an unknown token has none."""
    known = await repository.lock_refresh_token(session, tokens.hash_token(token))
    if known:
        await CredentialRepository(session, known.user_id).delete_family(known.family)


async def read_account(session: AsyncSession, user_id: str) -> User:
    """The account. Raises `Unauthenticated` if it was deleted since the token was made."""
    user = await repository.find_by_id(session, user_id)
    if user is None:
        raise _account_gone()
    return user


async def read_account_row(database: Database, user_id: str) -> Row:
    """The account as it is shown. Raises what `read` raises."""
    rows = await repository.READ_ACCOUNT.rows(database, {"id": user_id})
    if not rows:
        raise _account_gone()
    return rows[0]


def _account_gone() -> Unauthenticated:
    return Unauthenticated("This account no longer exists.", code="account-gone")


async def update_account(session: AsyncSession, user: User, patch: UserPatch) -> User:
    """Change what `patch` names; no event is recorded if nothing differs."""
    changes = patch.model_dump(exclude_unset=True)
    if all(getattr(user, name) == value for name, value in changes.items()):
        return user
    user.sqlmodel_update(changes)
    user.version += 1
    user.updated_at = datetime.now(UTC)
    record_event(session, events.user_updated(user))
    return user


async def lock_account(session: AsyncSession, user_id: str) -> User:
    """The account, for a change. Raises `NotFound`."""
    user = await repository.lock_user(session, user_id)
    if user is None:
        raise NotFound
    return user


async def purge_user(session: AsyncSession, user_id: str) -> None:
    """Delete an account that was deleted before: the event is out already."""
    await repository.delete_user(session, user_id)


async def delete_account(session: AsyncSession, user: User) -> None:
    """Delete the account; the event makes every other service erase what it holds of it."""
    record_event(session, events.user_deleted(user))
    await repository.delete_user(session, user.id)
