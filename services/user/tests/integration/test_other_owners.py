"""API tokens are those of their owner. On both databases."""

from datetime import UTC, datetime, timedelta

from user_service.models import ApiToken, User

from conftest import AnyToken, ServiceUnderTest
from servicekit.web.ids import new_id
from tests.other_owners import Owned, answers_to_strangers, answers_to_the_owner, own_rows, rows_of_strangers


async def fill(user: ServiceUnderTest, user_id: str) -> Owned:
    user.app.state.verifier = AnyToken()
    now, token = datetime.now(UTC), new_id()
    account = User(
        id=user_id,
        email=f"{user_id}@example.org",
        password_hash="",
        name=user_id,
        time_zone="UTC",
        created_at=now,
        updated_at=now,
    )
    async with user.database.transaction() as session:
        session.add(account)
        await session.flush()
        session.add(
            ApiToken(
                id=token,
                token_hash=token,
                user_id=user_id,
                name="mine",
                prefix="todo_",
                scope="tasks:read",
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    return Owned({"tokens": [token]})


class TestAnotherUser:
    async def test_finds_nothing_by_its_id(self, user: ServiceUnderTest) -> None:
        ada, bob = await fill(user, "ada"), await fill(user, "bob")
        user.client.headers["authorization"] = "Bearer ada"
        assert await answers_to_strangers(user, ada, bob) == []
        assert await rows_of_strangers(user, ada) == []
        assert await own_rows(user, ada) == {ada.ids["tokens"][0]}
        assert await answers_to_the_owner(user, ada) == []
