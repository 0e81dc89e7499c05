"""The rules of channels: how a user is reached, and what became of what was sent."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from notification_service.channels import repository, webhooks
from notification_service.channels.keys import ChannelKeys
from notification_service.channels.repository import ChannelRepository
from notification_service.channels.schemas import (
    AttemptRead,
    ChannelCreate,
    DeliveryRead,
    LoggedDelivery,
    WebhookCreate,
)
from notification_service.channels.ssrf import to_ascii_url, validate_url
from notification_service.inbox import make_delivery
from notification_service.models import Channel, Delivery, Notification, Recipient
from notification_service.quotas import use_cases as quotas
from notification_service.reminders import repository as recipients
from notification_service.settings import Settings
from servicekit.errors import Conflict, Invalid, NotFound
from servicekit.security.auth import Principal
from servicekit.web.ids import new_id

QUOTAS = {"webhook": "webhooks", "push": "push_subscriptions"}
"""Of kinds of channels; e-mail goes to one address."""
KINDS = {"email": ["reminder", "digest", "test"], "push": ["reminder", "test"]}


async def add_channel(
    session: AsyncSession, user: Principal, body: ChannelCreate, settings: Settings
) -> Channel:
    """Add e-mail or a browser; one that is there already is active again.

    Raises `Invalid`, `Conflict`, `QuotaExceeded`, `AccountGone`.
    """
    recipient = await recipients.lock_account(session, user.user_id)
    if body.kind == "email":
        target = recipient.email
        if not target:
            raise Conflict("Your account's e-mail address is not known here yet.", code="address-unknown")
        return await _upsert_channel(session, settings, user.user_id, "email", target, {})
    assert body.endpoint
    assert body.keys
    endpoint = _validate_public_url(body.endpoint, "/endpoint", settings)
    keys = {name: value.rstrip("=") for name, value in body.keys.model_dump().items()}
    return await _upsert_channel(session, settings, user.user_id, "push", endpoint, keys)


async def add_webhook(
    session: AsyncSession, user: Principal, body: WebhookCreate, keys: ChannelKeys, settings: Settings
) -> tuple[Channel, str]:
    """Add a webhook; returns it and its secret.

    Raises `Invalid`, `Conflict`, `QuotaExceeded`, `AccountGone`.
    """
    await recipients.lock_account(session, user.user_id)
    url = _validate_public_url(body.url, "/url", settings)
    if await ChannelRepository(session, user.user_id).lock_target("webhook", url):
        raise Conflict("A webhook for this URL already exists.", code="webhook-exists")
    kinds: list[str] = list(dict.fromkeys(body.kinds))
    channel = await _upsert_channel(session, settings, user.user_id, "webhook", url, {}, kinds)
    return channel, rotate_secret(channel, keys)


def rotate_secret(channel: Channel, keys: ChannelKeys) -> str:
    """Make a new secret; the one before it stays active beside it."""
    secret = webhooks.generate_secret()
    encrypted = [keys.encrypt(secret, channel.id), *channel.keys.get("secrets", [])]
    channel.keys = {"secrets": encrypted[: webhooks.MAX_SECRETS]}
    channel.is_active, channel.note = True, ""
    return secret


def retire_old_secret(channel: Channel) -> None:
    """Only the newest secret stays active."""
    channel.keys = {"secrets": channel.keys["secrets"][:1]}


async def lock_owned_channel(
    session: AsyncSession, user_id: str, id: str, kind: str | None = None
) -> Channel:
    """A channel of this user, for a change. Raises `NotFound`."""
    channel = await ChannelRepository(session, user_id).lock_channel(id)
    if channel is None or (kind and channel.kind != kind):
        raise NotFound
    return channel


async def send_test(
    session: AsyncSession, settings: Settings, user_id: str, id: str, kind: str | None = None
) -> Delivery:
    """Send something, whatever the channel asks for otherwise, now.

    Raises `NotFound`, `TooManyRequests`, `QuotaExceeded`, `AccountGone`.
    """
    await recipients.lock_account(session, user_id)
    channel, now = await lock_owned_channel(session, user_id, id, kind), datetime.now(UTC)
    await quotas.require_room(session, settings, user_id, "deliveries_waiting")
    await quotas.record_use(session, settings, user_id, "webhook_tests", now)
    entry = Notification(
        id=new_id(), user_id=user_id, kind="test", title="It works", created_at=now, in_inbox=False
    )
    delivery = make_delivery(channel, entry, Recipient(id=user_id), now)
    session.add_all([entry, delivery])
    return delivery


async def redeliver_delivery(session: AsyncSession, settings: Settings, user_id: str, id: str) -> Delivery:
    """Send once more, under the same id, with new tries for 24 hours.

    Raises `NotFound`, `Conflict`, `TooManyRequests`, `QuotaExceeded`, `AccountGone`.
    """
    await recipients.lock_account(session, user_id)
    delivery, now = await _lock_owned_delivery(session, user_id, id), datetime.now(UTC)
    if delivery.channel_id is None:
        raise Conflict("An inbox notification can't be redelivered.", code="delivered-to-inbox")
    channel = await ChannelRepository(session, user_id).lock_channel(delivery.channel_id)
    if channel is None or not channel.is_active:
        raise Conflict("This channel is not active.", code="channel-inactive")
    if not await ChannelRepository(session, user_id).has_notification(delivery):
        raise Conflict("The notification of this delivery is no longer stored.", code="notification-gone")
    if delivery.state != "due":
        await quotas.require_room(session, settings, user_id, "deliveries_waiting")
    await quotas.record_use(session, settings, user_id, "redeliveries", now)
    make_due_again(delivery, now)
    return delivery


def make_due_again(delivery: Delivery, now: datetime) -> None:
    """Make a delivery due again, as if it were new; its id and its log stay."""
    delivery.state, delivery.next_at, delivery.created_at = "due", now, now
    delivery.attempts, delivery.error = 0, ""


async def record_receipt(session: AsyncSession, user_id: str, id: str, state: str) -> Delivery:
    """The receiver has it, or has opened it; that is never taken back. Raises `NotFound`."""
    delivery = await _lock_owned_delivery(session, user_id, id)
    now = datetime.now(UTC)
    if delivery.state == "opened":
        return delivery
    delivery.sent_at = delivery.sent_at or now
    delivery.delivered_at = delivery.delivered_at or now
    if state == "opened":
        delivery.opened_at = now
    delivery.state, delivery.next_at = state, None
    return delivery


async def unsubscribe_channel(session: AsyncSession, channel_id: str | None) -> None:
    """End e-mail to whoever got the link. Raises `NotFound` for a link that was not made here."""
    channel = await repository.lock_any_channel(session, channel_id) if channel_id else None
    if channel_id is None:
        raise NotFound
    if channel:
        channel.is_active, channel.note = False, "unsubscribed by a link in an e-mail"
        await ChannelRepository(session, channel.user_id).drop_waiting(channel.id)


async def add_attempt_logs(session: AsyncSession, deliveries: Sequence[Delivery]) -> list[LoggedDelivery]:
    """Deliveries, each with its tries."""
    tries = await repository.list_attempts(session, [each.id for each in deliveries])
    return [
        LoggedDelivery(
            **DeliveryRead.model_validate(each).model_dump(),
            log=[AttemptRead.model_validate(attempt) for attempt in tries.get(each.id, ())],
        )
        for each in deliveries
    ]


async def _lock_owned_delivery(session: AsyncSession, user_id: str, id: str) -> Delivery:
    delivery = await ChannelRepository(session, user_id).lock_delivery(id)
    if delivery is None:
        raise NotFound
    return delivery


async def _upsert_channel(
    session: AsyncSession,
    settings: Settings,
    user_id: str,
    kind: str,
    target: str,
    keys: dict[str, str],
    kinds: list[str] | None = None,
) -> Channel:
    channel = await ChannelRepository(session, user_id).lock_target(kind, target)
    if channel is None:
        if kind in QUOTAS:
            await quotas.require_room(session, settings, user_id, QUOTAS[kind])
        channel = Channel(
            id=new_id(), user_id=user_id, kind=kind, target=target, created_at=datetime.now(UTC)
        )
        session.add(channel)
    channel.keys, channel.kinds = dict(keys), kinds or KINDS[kind]
    channel.is_active, channel.note = True, ""
    return channel


def _validate_public_url(url: str, pointer: str, settings: Settings) -> str:
    """`url` as it is called. Raises `Invalid` for one that may not be."""
    https_only = settings.environment == "production"
    problem = validate_url(
        url, settings.allowed_networks, https_only=https_only, ports=settings.allowed_ports
    )
    if problem:
        raise Invalid.field(pointer, problem, code="url-refused")
    return to_ascii_url(url)
