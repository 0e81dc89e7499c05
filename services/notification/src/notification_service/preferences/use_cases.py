"""The rules of preferences."""

from datetime import UTC, datetime
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.user import UserSignedUp, UserUpdated
from notification_service.models import Person, Reminder
from notification_service.preferences.schemas import PreferencesPatch
from notification_service.reminders import planning, repository
from notification_service.reminders.defaults import follow_default
from notification_service.reminders.when import next_wall_clock, zone_of
from servicekit.auth import Principal
from servicekit.errors import Invalid


async def read(session: AsyncSession, user: Principal) -> Person:
    """The user's preferences; those of somebody nobody told of yet are the defaults."""
    found = (await repository.people(session, [user.user_id])).get(user.user_id)
    return found or Person(id=user.user_id, time_zone=user.time_zone)


async def change(session: AsyncSession, user: Principal, patch: PreferencesPatch) -> Person:
    """Change what `patch` names, and what hangs on it. Raises `Invalid`, `AccountGone`."""
    person = await repository.account(session, user.user_id)
    if not person.email:
        person.time_zone = user.time_zone
    default = person.default_reminder
    person.sqlmodel_update(patch.model_dump(exclude_unset=True))
    if (person.quiet_from is None) != (person.quiet_to is None):
        raise Invalid.field("/quiet_to", "Quiet hours have a beginning and an end.", code="quiet-hours-half")
    await _settle(session, person)
    await follow_default(session, person, default, datetime.now(UTC))
    return person


async def hear_of(session: AsyncSession, event: UserSignedUp | UserUpdated) -> None:
    """Remember what an account says of itself."""
    person = await repository.person(session, event.user_id)
    if person.erased_at:
        return
    moved = person.time_zone != event.time_zone
    person.email, person.name, person.time_zone = event.email, event.name, event.time_zone
    if moved:
        await _settle(session, person)


async def _settle(session: AsyncSession, person: Person) -> None:
    now = datetime.now(UTC)
    await planning.replan(session, person, now)
    digest = await repository.lock(session, person.id, digest_id(person.id))
    if person.digest_at is None:
        if digest:
            digest.state = "cancelled"
        return
    if digest is None:
        digest = Reminder(
            id=digest_id(person.id),
            user_id=person.id,
            kind="digest",
            title="Daily digest",
            state="waiting",
            created_at=now,
        )
        session.add(digest)
    at = next_wall_clock(person.digest_at, zone_of(person.time_zone, "UTC"), now)
    digest.remind_at, digest.state = at, "planned"
    await planning.wake_for(session, [digest])


def digest_id(user_id: str) -> str:
    return str(uuid5(planning.REMINDERS, f"digest/{user_id}"))
