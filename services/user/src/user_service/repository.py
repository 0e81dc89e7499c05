"""Every query of the user service."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.prepared_queries import PreparedQuery
from user_service.models import ApiToken, RefreshToken, User
from user_service.schemas import UserRead

_ACCOUNT = User.metadata.tables["user_account"].c
READ_ACCOUNT = PreparedQuery(
    select(*(_ACCOUNT[name] for name in UserRead.model_fields)).where(
        _ACCOUNT.id == bindparam("id", type_=_ACCOUNT.id.type)
    )
)
"""An account as it is shown: `id`."""


async def find_by_email(session: AsyncSession, email: str) -> User | None:
    return (await session.scalars(select(User).where(col(User.email) == email))).first()


async def find_by_id(session: AsyncSession, id: str) -> User | None:
    return (await session.scalars(select(User).where(col(User.id) == id))).first()


async def lock_user(session: AsyncSession, id: str) -> User | None:
    """The account, locked until the transaction ends."""
    return (await session.scalars(select(User).where(col(User.id) == id).with_for_update())).first()


async def lock_refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The token, locked: of two uses at once the second sees the first."""
    query = select(RefreshToken).where(col(RefreshToken.token_hash) == token_hash)
    return (await session.scalars(query.with_for_update())).first()


async def delete_family(session: AsyncSession, family: str) -> None:
    await session.execute(delete(RefreshToken).where(col(RefreshToken.family) == family))


async def count_sessions(session: AsyncSession, user_id: str, now: datetime) -> int:
    """How many families have a token that can still be used."""
    query = select(func.count()).select_from(RefreshToken).where(_is_usable(user_id, now))
    return (await session.scalar(query)) or 0


async def end_oldest_sessions(session: AsyncSession, user_id: str, now: datetime, *, keep: int) -> None:
    """Delete the families that were used longest ago, all but `keep` of them."""
    families = select(col(RefreshToken.family)).where(_is_usable(user_id, now))
    newest_first = families.order_by(col(RefreshToken.expires_at).desc(), col(RefreshToken.family).desc())
    for family in (await session.scalars(newest_first.offset(keep))).all():
        await delete_family(session, family)


async def delete_expired_refresh_tokens(session: AsyncSession, expired_before: datetime) -> None:
    await session.execute(delete(RefreshToken).where(col(RefreshToken.expires_at) < expired_before))


def _is_usable(user_id: str, now: datetime) -> ColumnElement[bool]:
    """The one token of each session that is good for another."""
    return and_(
        col(RefreshToken.user_id) == user_id,
        col(RefreshToken.used_at).is_(None),
        col(RefreshToken.expires_at) > now,
    )


async def list_api_tokens(
    session: AsyncSession, user_id: str, before: str | None, limit: int
) -> Sequence[ApiToken]:
    """Newest first, behind the id `before`."""
    query = select(ApiToken).where(col(ApiToken.user_id) == user_id)
    if before:
        query = query.where(col(ApiToken.id) < before)
    return (await session.scalars(query.order_by(col(ApiToken.id).desc()).limit(limit))).all()


async def count_api_tokens(session: AsyncSession, user_id: str) -> int:
    query = select(func.count()).select_from(ApiToken).where(col(ApiToken.user_id) == user_id)
    return (await session.scalar(query)) or 0


async def find_api_token(session: AsyncSession, token_hash: str) -> tuple[ApiToken, User] | None:
    """The token and its account."""
    query = select(ApiToken, User).join(User, col(User.id) == col(ApiToken.user_id))
    found = (await session.execute(query.where(col(ApiToken.token_hash) == token_hash))).first()
    return (found[0], found[1]) if found else None


async def record_api_token_use(session: AsyncSession, id: str, now: datetime) -> None:
    await session.execute(update(ApiToken).where(col(ApiToken.id) == id).values(last_used_at=now))


async def delete_api_token(session: AsyncSession, user_id: str, id: str) -> bool:
    """Whether there was one."""
    query = delete(ApiToken).where(col(ApiToken.id) == id, col(ApiToken.user_id) == user_id)
    return (await session.execute(query.returning(col(ApiToken.id)))).first() is not None


async def delete_expired_api_tokens(session: AsyncSession, expired_before: datetime) -> None:
    await session.execute(delete(ApiToken).where(col(ApiToken.expires_at) < expired_before))


async def delete_user(session: AsyncSession, id: str) -> None:
    await session.execute(delete(ApiToken).where(col(ApiToken.user_id) == id))
    await session.execute(delete(RefreshToken).where(col(RefreshToken.user_id) == id))
    await session.execute(delete(User).where(col(User.id) == id))
