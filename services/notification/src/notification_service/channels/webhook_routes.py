"""HTTP in: webhooks and their delivery log."""

from fastapi import Response, Security

from notification_service.channels import use_cases
from notification_service.channels.repository import ChannelRepository
from notification_service.channels.schemas import (
    DeliveryRead,
    LoggedDelivery,
    WebhookCreate,
    WebhookRead,
    WebhookSecret,
)
from notification_service.container import ContainerDep
from notification_service.models import Channel
from servicekit.security.auth import CurrentUser, access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import (
    CursorParam,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    paginate,
    parse_time_and_id,
)
from servicekit.web.routes import SessionDep, create_router

KIND = "webhook"

webhooks = create_router(prefix="/webhooks", tags=["webhooks"])


@webhooks.get("", dependencies=[Security(access_token, scopes=["channels:read"])])
async def list_webhooks(
    user: CurrentUser, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[WebhookRead]:
    """List webhooks.

    Newest first.
    """
    scope = f"webhooks {user.user_id}"
    before = decode_cursor(cursor, scope=scope, values=1)[0] if cursor else None
    found = await ChannelRepository(session, user.user_id).list_channels(KIND, before, limit + 1)
    rows, last = paginate(found, limit)
    return Page(
        items=[_show_webhook(row) for row in rows],
        next_cursor=encode_cursor([last.id], scope=scope) if last else None,
    )


@webhooks.post("", status_code=201, dependencies=[Security(access_token, scopes=["channels:write"])])
async def add_webhook(
    user: CurrentUser, body: WebhookCreate, session: SessionDep, container: ContainerDep, response: Response
) -> WebhookSecret:
    """Add a webhook.

    Answers with the secret, which is not shown again.
    """
    settings = container.settings
    keys = container.keys
    channel, secret = await use_cases.add_webhook(session, user, body, keys, settings)
    response.headers["Location"] = f"/api/v1/webhooks/{channel.id}"
    return WebhookSecret(**_show_webhook(channel).model_dump(), secret=secret)


@webhooks.delete("/{id}", status_code=204, dependencies=[Security(access_token, scopes=["channels:write"])])
async def remove_webhook(user: CurrentUser, id: PathId, session: SessionDep) -> None:
    """Remove a webhook.

    It is not called any more, and what was to be sent again is dropped.
    """
    channel = await use_cases.lock_owned_channel(session, user.user_id, id, KIND)
    await ChannelRepository(session, user.user_id).delete_channel(channel)


@webhooks.post("/{id}/rotate", dependencies=[Security(access_token, scopes=["channels:write"])])
async def rotate_secret(
    user: CurrentUser, id: PathId, session: SessionDep, container: ContainerDep
) -> WebhookSecret:
    """Rotate the secret.

    Makes a new secret; the old one signs beside it until it is retired or another one is made.
    """
    keys = container.keys
    channel = await use_cases.lock_owned_channel(session, user.user_id, id, KIND)
    secret = use_cases.rotate_secret(channel, keys)
    return WebhookSecret(**_show_webhook(channel).model_dump(), secret=secret)


@webhooks.post("/{id}/retire", dependencies=[Security(access_token, scopes=["channels:write"])])
async def retire_secret(user: CurrentUser, id: PathId, session: SessionDep) -> WebhookRead:
    """Retire the older secret.

    Ends the older of two secrets.
    """
    channel = await use_cases.lock_owned_channel(session, user.user_id, id, KIND)
    use_cases.retire_old_secret(channel)
    return _show_webhook(channel)


@webhooks.post(
    "/{id}/test", status_code=202, dependencies=[Security(access_token, scopes=["channels:write"])]
)
async def test_webhook(
    user: CurrentUser, id: PathId, session: SessionDep, container: ContainerDep
) -> DeliveryRead:
    """Call a webhook for a test.

    Sends a test message; an account may have so many in an hour.
    """
    settings = container.settings
    return DeliveryRead.model_validate(await use_cases.send_test(session, settings, user.user_id, id, KIND))


@webhooks.get("/{id}/deliveries", dependencies=[Security(access_token, scopes=["channels:read"])])
async def list_deliveries(
    user: CurrentUser, id: PathId, session: SessionDep, limit: Limit = 50, cursor: CursorParam = None
) -> Page[LoggedDelivery]:
    """List deliveries of a webhook.

    Newest first, each with every try. Kept for 30 days.
    """
    channel = await use_cases.lock_owned_channel(session, user.user_id, id, KIND)
    scope = f"deliveries {channel.id}"
    before = parse_time_and_id(decode_cursor(cursor, scope=scope, values=2)) if cursor else None
    repository = ChannelRepository(session, user.user_id)
    rows, last = paginate(await repository.list_deliveries(channel.id, before, limit + 1), limit)
    return Page(
        items=await use_cases.add_attempt_logs(session, rows),
        next_cursor=encode_cursor([last.created_at, last.id], scope=scope) if last else None,
    )


def _show_webhook(channel: Channel) -> WebhookRead:
    own = channel.model_dump(include={"id", "kinds", "is_active", "note", "created_at"})
    return WebhookRead(**own, url=channel.target, active_secrets=len(channel.keys.get("secrets", [])))
