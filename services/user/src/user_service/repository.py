"""Every query of the user service."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from user_service.models import RefreshToken, User


async def by_email(session: AsyncSession, email: str) -> User | None:
    return (await session.scalars(select(User).where(col(User.email) == email))).first()


async def by_id(session: AsyncSession, id: str) -> User | None:
    return (await session.scalars(select(User).where(col(User.id) == id))).first()


async def lock(session: AsyncSession, id: str) -> User | None:
    """The account, locked until the transaction ends."""
    return (await session.scalars(select(User).where(col(User.id) == id).with_for_update())).first()


async def lock_refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The token, locked: of two uses at once the second sees the first."""
    query = select(RefreshToken).where(col(RefreshToken.token_hash) == token_hash)
    return (await session.scalars(query.with_for_update())).first()


async def delete_family(session: AsyncSession, family: str) -> None:
    await session.execute(delete(RefreshToken).where(col(RefreshToken.family) == family))


async def delete_user(session: AsyncSession, id: str) -> None:
    await session.execute(delete(RefreshToken).where(col(RefreshToken.user_id) == id))
    await session.execute(delete(User).where(col(User.id) == id))
