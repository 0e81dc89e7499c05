"""What is long over is dropped. On both databases."""

from datetime import UTC, datetime, timedelta

from notification_service.container import container_of
from notification_service.models import TaskProjection
from notification_service.retention import DELETED_KEPT, purge_expired
from notification_service.subscriptions import subscriptions
from sqlalchemy import select
from sqlmodel import col

from conftest import ServiceUnderTest
from contracts.task import TaskCreated, TaskDeleted, TaskRestored
from services.notification.tests.events import event


async def known(notification: ServiceUnderTest) -> list[str]:
    async with notification.database.reading() as session:
        return sorted((await session.scalars(select(col(TaskProjection.id)))).all())


class TestDeletedTasks:
    async def test_are_forgotten_when_they_can_not_come_back(self, notification: ServiceUnderTest) -> None:
        now = datetime.now(UTC)
        await notification.receive(
            subscriptions.handlers,
            event(TaskDeleted, id="gone", deleted_at=now - DELETED_KEPT - timedelta(minutes=1)),
            event(TaskDeleted, id="in the trash", deleted_at=now - DELETED_KEPT + timedelta(minutes=1)),
            event(TaskDeleted, id="restored", deleted_at=now - 2 * DELETED_KEPT),
            event(TaskRestored, id="restored", version=2),
            event(TaskCreated, id="there"),
        )
        async with notification.database.transaction() as session:
            await purge_expired(session, container_of(notification.app).settings, now)
        assert await known(notification) == ["in the trash", "restored", "there"]
