"""What the API takes and shows of channels, webhooks and deliveries."""

from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Annotated, Literal, TypeVar, get_args

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from notification_service.reminders.schemas import ReceiptState
from servicekit.web.schemas import RequestBody, ResponseModel, Text

Kind = Literal[
    "reminder",
    "digest",
    "task.created",
    "task.updated",
    "task.moved",
    "task.completed",
    "task.reopened",
    "task.deleted",
    "task.restored",
    "project.created",
    "project.updated",
    "project.deleted",
    "project.restored",
    "label.created",
    "label.updated",
    "label.deleted",
    "filter.created",
    "filter.updated",
    "filter.deleted",
    "test",
]
ChannelKind = Literal["email", "push", "webhook"]
Url = Annotated[Text, Field(min_length=1, max_length=2000)]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=len(get_args(Kind)))]


T = TypeVar("T")


def _on_its_curve(key: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), urlsafe_b64decode(key.rstrip("=") + "="))
    except ValueError as error:
        raise ValueError("not a public key of the curve P-256") from error
    return key


class PushKeys(RequestBody):
    """What `PushSubscription.toJSON()` of a browser has under `keys`: base64url (RFC 8291, section 3)."""

    p256dh: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{87}=?$"), AfterValidator(_on_its_curve)]
    """65 bytes: an uncompressed point."""
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{22}={0,2}$")
    """16 bytes."""


class ChannelCreate(RequestBody):
    """E-mail goes to the address of the account. Push takes what a browser's subscription says."""

    kind: Literal["email", "push"]
    """How to be notified."""
    endpoint: Url | None = Field(default=None, validate_default=True)
    """Of push: the address of the browser's push service."""
    keys: PushKeys | None = Field(default=None, validate_default=True)
    """Of push: the keys of the browser's subscription."""

    @field_validator("endpoint", "keys")
    @classmethod
    def belongs_to_push(cls, value: T, info: ValidationInfo) -> T:
        if "kind" in info.data and (info.data["kind"] == "push") != (value is not None):
            raise ValueError("a push channel needs an endpoint and keys, an email channel takes neither")
        return value


class ChannelRead(ResponseModel):
    """A way to be notified."""

    id: str
    """UUID of the channel."""
    kind: ChannelKind
    """How one is notified."""
    target: str
    """The address: of e-mail, push service or webhook."""
    kinds: list[Kind]
    """What is sent there."""
    is_active: bool
    """Whether anything is sent there."""
    note: str
    """Why it is not active."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""


class WebhookCreate(RequestBody):
    """A new webhook."""

    url: Url
    """Absolute `https` URL of your server, or `http` where the operator allows it."""
    kinds: Kinds = Field(default=["reminder"])
    """What to be called for; docs/webhooks.md says when each happens."""


class WebhookRead(ResponseModel):
    """Secrets are shown once: when they are made."""

    id: str
    """UUID of the webhook."""
    url: str
    """Where it is called."""
    kinds: list[Kind]
    """What it is called for."""
    is_active: bool
    """Whether it is called."""
    note: str
    """Why it is not active."""
    active_secrets: int
    """With how many secrets each call is signed: two while they are rotated."""
    created_at: datetime
    """When it was created; RFC 3339, UTC."""


class WebhookSecret(WebhookRead):
    """A webhook with its newest secret."""

    secret: str
    """The key of `Todo-Signature`, shown this once."""


class AttemptRead(ResponseModel):
    """One try to deliver."""

    at: datetime
    """When; RFC 3339, UTC."""
    milliseconds: int
    """How long it took."""
    status: int | None
    """HTTP status of the response; null without one."""
    error: str
    """What went wrong; empty if nothing did."""


class DeliveryRead(ResponseModel):
    """What became of a notification on one channel."""

    id: str
    """UUID of the delivery; webhooks name it in `Todo-Delivery`."""
    notification_id: str
    """UUID of the notification."""
    reminder_id: str | None
    """UUID of the reminder that fired; null: none did."""
    state: ReceiptState
    """How far it is: `planned`, `due`, `sent` to a relay, `delivered`, `opened`; or `failed`, `dropped`."""
    attempts: int
    """How often it was tried."""
    next_at: datetime | None
    """When it is tried next; RFC 3339, UTC. Null: no more."""
    error: str
    """Why the last try failed; empty if it did not."""
    created_at: datetime
    """When it was put on its way; RFC 3339, UTC."""
    delivered_at: datetime | None
    """When the receiver had it; RFC 3339, UTC. Null if that is not known."""


class LoggedDelivery(DeliveryRead):
    """A delivery with every try."""

    log: list[AttemptRead]
    """The tries, oldest first."""


class ReceiptCreate(RequestBody):
    """What a receiver says of a delivery."""

    state: Literal["delivered", "opened"]
    """What has happened to it."""
