"""HTTP in: channels, receipts, and the link that ends e-mail."""

from typing import Annotated

from fastapi import Path, Query, Response, Security

from notification_service.channels import use_cases
from notification_service.channels.repository import ChannelRepository
from notification_service.channels.schemas import (
    ChannelCreate,
    ChannelKind,
    ChannelRead,
    DeliveryRead,
    ReceiptCreate,
)
from notification_service.container import ContainerDep
from servicekit.errors import Conflict
from servicekit.security.auth import CurrentUser, access_token
from servicekit.web.ids import PathId
from servicekit.web.pagination import CursorParam, Limit, Page, decode_cursor, encode_cursor, paginate
from servicekit.web.routes import SessionDep, create_router

channels = create_router(prefix="/channels", tags=["channels"])
deliveries = create_router(prefix="/deliveries", tags=["channels"])
unsubscribing = create_router(prefix="/unsubscribe", tags=["channels"])


@channels.get("", dependencies=[Security(access_token, scopes=["channels:read"])])
async def list_channels(
    user: CurrentUser,
    session: SessionDep,
    kind: Annotated[ChannelKind | None, Query(description="only those of this kind")] = None,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[ChannelRead]:
    """List channels.

    Newest first; those that are used up, too, with a note that says why. The inbox needs no channel.
    """
    scope = f"channels {user.user_id} {kind}"
    before = decode_cursor(cursor, scope=scope, values=1)[0] if cursor else None
    found = await ChannelRepository(session, user.user_id).list_channels(kind, before, limit + 1)
    rows, last = paginate(found, limit)
    return Page(
        items=[ChannelRead.model_validate(row) for row in rows],
        next_cursor=encode_cursor([last.id], scope=scope) if last else None,
    )


@channels.post("", status_code=201, dependencies=[Security(access_token, scopes=["channels:write"])])
async def add_channel(
    user: CurrentUser, body: ChannelCreate, session: SessionDep, container: ContainerDep, response: Response
) -> ChannelRead:
    """Add a channel.

    E-mail to your own address, or push to a browser. Webhooks have a place of their own.
    """
    settings = container.settings
    if body.kind == "email" and not settings.smtp_host:
        raise Conflict("This server sends no e-mail.", code="no-mail-server")
    channel = await use_cases.add_channel(session, user, body, settings)
    response.headers["Location"] = f"/api/v1/channels/{channel.id}"
    return ChannelRead.model_validate(channel)


@channels.delete("/{id}", status_code=204, dependencies=[Security(access_token, scopes=["channels:write"])])
async def remove_channel(user: CurrentUser, id: PathId, session: SessionDep) -> None:
    """Remove a channel.

    Nothing more is sent there, and what was to be sent again is dropped.
    """
    channel = await use_cases.lock_owned_channel(session, user.user_id, id)
    await ChannelRepository(session, user.user_id).delete_channel(channel)


@channels.post(
    "/{id}/test", status_code=202, dependencies=[Security(access_token, scopes=["channels:write"])]
)
async def test_channel(
    user: CurrentUser, id: PathId, session: SessionDep, container: ContainerDep
) -> DeliveryRead:
    """Send a test message.

    Sent like any notification; an account may have so many in an hour.
    """
    settings = container.settings
    return DeliveryRead.model_validate(await use_cases.send_test(session, settings, user.user_id, id))


@deliveries.post("/{id}/receipt", dependencies=[Security(access_token, scopes=["channels:write"])])
async def note_receipt(
    user: CurrentUser, id: PathId, body: ReceiptCreate, session: SessionDep
) -> DeliveryRead:
    """Acknowledge a delivery.

    A receiver says that it has it, or that somebody opened it.
    """
    found = await use_cases.record_receipt(session, user.user_id, id, body.state)
    return DeliveryRead.model_validate(found)


@deliveries.post(
    "/{id}/redeliver", status_code=202, dependencies=[Security(access_token, scopes=["channels:write"])]
)
async def redeliver(
    user: CurrentUser, id: PathId, session: SessionDep, container: ContainerDep
) -> DeliveryRead:
    """Deliver once more.

    Sends it once more under the same id; an account may ask for so many in an hour.
    """
    settings = container.settings
    return DeliveryRead.model_validate(
        await use_cases.redeliver_delivery(session, settings, user.user_id, id)
    )


@unsubscribing.post("/{token}")
async def unsubscribe(
    token: Annotated[str, Path(max_length=200, description="from the link in the e-mail")],
    session: SessionDep,
    container: ContainerDep,
) -> dict[str, str]:
    """Unsubscribe from e-mail.

    One click in a mail program (RFC 8058). Needs no sign-in: the link itself is the right to do it.
    """
    keys = container.keys
    await use_cases.unsubscribe_channel(session, keys.verify_unsubscribe_token(token))
    return {"status": "unsubscribed"}
