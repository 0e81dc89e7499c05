"""What is long over is dropped. On both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from analytics_service.dead_letters import repository
from analytics_service.dead_letters.retention import KEPT, purge_dead_letters
from analytics_service.main import create
from analytics_service.models import DeadLetter
from analytics_service.settings import Settings

from conftest import OpenService, ServiceUnderTest


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def make_dead_letter(id: str, failed_at: datetime, state: str) -> DeadLetter:
    return DeadLetter(
        id=id,
        event_id=id,
        consumer="notification",
        topic="todo-events",
        cause="x",
        event="{}",
        parked_at=failed_at,
        failed_at=failed_at,
        state=state,
    )


class TestDeadLetters:
    async def test_are_forgotten_after_a_while_in_any_state(self, analytics: ServiceUnderTest) -> None:
        long_ago = datetime.now(UTC) - KEPT
        async with analytics.database.transaction() as session:
            for state in ("parked", "replayed", "discarded"):
                await repository.store_dead_letter(
                    session, make_dead_letter(f"old, {state}", long_ago - timedelta(hours=1), state)
                )
                await repository.store_dead_letter(
                    session, make_dead_letter(f"new, {state}", long_ago + timedelta(hours=1), state)
                )
            await purge_dead_letters(session)
            kept = await repository.list_dead_letters(session, {}, None, 10)
        assert {each.id for each in kept} == {"new, parked", "new, replayed", "new, discarded"}
