"""The unit of work of one user: what a use case is given.

It is bound to a session and to a user, and so is every repository that it has: nothing in a use case says
whose rows it means, and no query can be about those of somebody else.
"""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from servicekit.persistence.ownership import OwnedRepository
from servicekit.security.auth import Agent, Principal, get_current_user
from task_service.calendar_feed.repository import CalendarFeedRepository
from task_service.fanout.repository import FanOutRepository
from task_service.filtering.repository import TaskListRepository
from task_service.hierarchy.repository import HierarchyRepository
from task_service.import_export.repository import ExportRepository, ImportRepository
from task_service.labels.repository import LabelRepository
from task_service.projects.repository import ProjectRepository
from task_service.quotas.repository import UsageRepository
from task_service.saved_filters.repository import SavedFilterRepository
from task_service.sync.repository import ChangeLogRepository
from task_service.tasks.repository import TaskRepository
from task_service.unit_of_work import account
from task_service.unit_of_work.session import UnitOfWorkSession

Repository = TypeVar("Repository", bound=OwnedRepository)


class UnitOfWork:
    """A session, the user it works for, and the repositories of that user."""

    def __init__(self, session: AsyncSession, user: Principal) -> None:
        self.session = session
        self.user = user

    @classmethod
    async def begin(cls, session: AsyncSession, user: Principal) -> "UnitOfWork":
        """One that holds the advisory lock of its user, if `session` can write."""
        unit = cls(session, user)
        if isinstance(session.sync_session, UnitOfWorkSession):
            await account.lock_user(session, user.user_id)
        return unit

    async def require_account(self) -> None:
        """Raise `AccountGone` for a user who was erased."""
        await account.require_account(self.session, self.user.user_id)

    async def erase_user(self, now: datetime) -> None:
        """Drop everything of the user, for good; from now on nothing is written for them."""
        await account.record_erasure(self.session, self.user.user_id, now)
        await self.tasks.erase_content()
        for repository in (self.changes, self.feeds, self.imports, self.usage, self.fan_outs):
            await repository.erase_all()

    def add(self, row: Any) -> None:
        self.session.add(row)

    async def flush(self) -> None:
        """Write what was changed, for the next query to see."""
        await self.session.flush()

    @cached_property
    def tasks(self) -> TaskRepository:
        return self._bind(TaskRepository)

    @cached_property
    def task_lists(self) -> TaskListRepository:
        return self._bind(TaskListRepository)

    @cached_property
    def hierarchy(self) -> HierarchyRepository:
        return self._bind(HierarchyRepository)

    @cached_property
    def projects(self) -> ProjectRepository:
        return self._bind(ProjectRepository)

    @cached_property
    def labels(self) -> LabelRepository:
        return self._bind(LabelRepository)

    @cached_property
    def filters(self) -> SavedFilterRepository:
        return self._bind(SavedFilterRepository)

    @cached_property
    def fan_outs(self) -> FanOutRepository:
        return self._bind(FanOutRepository)

    @cached_property
    def changes(self) -> ChangeLogRepository:
        return self._bind(ChangeLogRepository)

    @cached_property
    def feeds(self) -> CalendarFeedRepository:
        return self._bind(CalendarFeedRepository)

    @cached_property
    def imports(self) -> ImportRepository:
        return self._bind(ImportRepository)

    @cached_property
    def exports(self) -> ExportRepository:
        return self._bind(ExportRepository)

    @cached_property
    def usage(self) -> UsageRepository:
        return self._bind(UsageRepository)

    def _bind(self, kind: type[Repository]) -> Repository:
        return kind(self.session, self.user.user_id)


def act_for(user_id: str, time_zone: str = "UTC", *, via: Agent | None = None) -> Principal:
    """The user as what happens without a request of theirs is done for them. time_zone: IANA."""
    return Principal(user_id, "user", time_zone, "", 0, via=via)


async def get_unit_of_work(request: Request) -> UnitOfWork:
    """The one of this request. A route that changes something holds the lock of its user from here on."""
    return await UnitOfWork.begin(request.state.session, await get_current_user(request))


UnitOfWorkDep = Annotated[UnitOfWork, Depends(get_unit_of_work)]
