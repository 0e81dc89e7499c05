"""Every query of the user service."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from servicekit.persistence.ownership import OwnedRepository
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


async def delete_user(session: AsyncSession, id: str) -> None:
    """Drop the account with its sessions and API tokens."""
    await CredentialRepository(session, id).erase_all()
    await session.execute(delete(User).where(col(User.id) == id))


class CredentialRepository(OwnedRepository):
    """The sessions and API tokens of one account."""

    async def delete_family(self, family: str) -> None:
        """End a session."""
        await self.session.execute(self.delete(RefreshToken).where(col(RefreshToken.family) == family))

    async def count_sessions(self, now: datetime) -> int:
        """How many families have a token that can still be used."""
        query = self.select(func.count(), of=RefreshToken).where(*_is_usable(now))
        return (await self.session.scalar(query)) or 0

    async def end_oldest_sessions(self, now: datetime, *, keep: int) -> None:
        """Delete the families that were used longest ago, all but `keep` of them."""
        families = self.select(col(RefreshToken.family), of=RefreshToken).where(*_is_usable(now))
        newest_first = families.order_by(col(RefreshToken.expires_at).desc(), col(RefreshToken.family).desc())
        for family in (await self.session.scalars(newest_first.offset(keep))).all():
            await self.delete_family(family)

    async def list_api_tokens(self, before: str | None, limit: int) -> Sequence[ApiToken]:
        """Newest first, after the id `before`."""
        query = self.select(ApiToken)
        if before:
            query = query.where(col(ApiToken.id) < before)
        return (await self.session.scalars(query.order_by(col(ApiToken.id).desc()).limit(limit))).all()

    async def count_api_tokens(self) -> int:
        return (await self.session.scalar(self.select(func.count(), of=ApiToken))) or 0

    async def record_api_token_use(self, id: str, now: datetime) -> None:
        await self.session.execute(
            self.update(ApiToken).where(col(ApiToken.id) == id).values(last_used_at=now)
        )

    async def delete_api_token(self, id: str) -> bool:
        """Whether there was one."""
        query = self.delete(ApiToken).where(col(ApiToken.id) == id).returning(col(ApiToken.id))
        return (await self.session.execute(query)).first() is not None

    async def erase_all(self) -> None:
        for model in (ApiToken, RefreshToken):
            await self.session.execute(self.delete(model))


def _is_usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The one token of each session that is good for another."""
    return col(RefreshToken.used_at).is_(None), col(RefreshToken.expires_at) > now


async def lock_refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """The token, whoever's it is, locked: of two uses at once the second sees the first."""
    query = select(RefreshToken).where(col(RefreshToken.token_hash) == token_hash)
    return (await session.scalars(query.with_for_update())).first()


async def find_api_token(session: AsyncSession, token_hash: str) -> tuple[ApiToken, User] | None:
    """The token, whoever's it is, and its account."""
    query = select(ApiToken, User).join(User, col(User.id) == col(ApiToken.user_id))
    found = (await session.execute(query.where(col(ApiToken.token_hash) == token_hash))).first()
    return (found[0], found[1]) if found else None


async def delete_expired_refresh_tokens(session: AsyncSession, expired_before: datetime) -> None:
    await session.execute(delete(RefreshToken).where(col(RefreshToken.expires_at) < expired_before))


async def delete_expired_api_tokens(session: AsyncSession, expired_before: datetime) -> None:
    await session.execute(delete(ApiToken).where(col(ApiToken.expires_at) < expired_before))
