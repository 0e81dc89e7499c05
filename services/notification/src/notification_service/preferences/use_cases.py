"""The rules of preferences."""

from datetime import UTC, datetime
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.user import UserSignedUp, UserUpdated
from notification_service.models import Recipient, Reminder
from notification_service.preferences.schemas import PreferencesPatch
from notification_service.reminders import planning, repository
from notification_service.reminders.defaults import follow_default
from notification_service.reminders.instants import load_zone, next_wall_clock_time
from servicekit.errors import Invalid
from servicekit.security.auth import Principal


async def read_preferences(session: AsyncSession, user: Principal) -> Recipient:
    """The user's preferences; those of somebody nobody told of yet are the defaults."""
    found = (await repository.find_recipients(session, [user.user_id])).get(user.user_id)
    return found or Recipient(id=user.user_id, time_zone=user.time_zone)


async def change_preferences(session: AsyncSession, user: Principal, patch: PreferencesPatch) -> Recipient:
    """Change what `patch` names, and what hangs on it. Raises `Invalid`, `AccountGone`."""
    recipient = await repository.lock_account(session, user.user_id)
    if not recipient.email:
        recipient.time_zone = user.time_zone
    default = recipient.default_reminder
    recipient.sqlmodel_update(patch.model_dump(exclude_unset=True))
    if (recipient.quiet_from is None) != (recipient.quiet_to is None):
        raise Invalid.field("/quiet_to", "Quiet hours need a start and an end.", code="quiet-hours-half")
    await _replan_reminders(session, recipient)
    await follow_default(session, recipient, default, datetime.now(UTC))
    return recipient


async def update_recipient(session: AsyncSession, event: UserSignedUp | UserUpdated) -> None:
    """Remember what an account says of itself."""
    recipient = await repository.lock_recipient(session, event.user_id)
    if recipient.erased_at:
        return
    moved = recipient.time_zone != event.time_zone
    recipient.email, recipient.name, recipient.time_zone = event.email, event.name, event.time_zone
    if moved:
        await _replan_reminders(session, recipient)


async def _replan_reminders(session: AsyncSession, recipient: Recipient) -> None:
    now = datetime.now(UTC)
    await planning.replan_recipient(session, recipient, now)
    digest = await repository.ReminderRepository(session, recipient.id).lock_reminder(digest_id(recipient.id))
    if recipient.digest_at is None:
        if digest:
            digest.state = "cancelled"
        return
    if digest is None:
        digest = Reminder(
            id=digest_id(recipient.id),
            user_id=recipient.id,
            kind="digest",
            title="Daily digest",
            state="waiting",
            created_at=now,
        )
        session.add(digest)
    at = next_wall_clock_time(recipient.digest_at, load_zone(recipient.time_zone, "UTC"), now)
    digest.remind_at, digest.state = at, "planned"
    await planning.schedule_jobs(session, [digest])


def digest_id(user_id: str) -> str:
    return str(uuid5(planning.REMINDERS, f"digest/{user_id}"))
