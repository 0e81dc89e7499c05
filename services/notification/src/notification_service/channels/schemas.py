"""What the API takes and shows of channels, webhooks and deliveries."""

from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Annotated, Literal, TypeVar, get_args

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from notification_service.reminders.schemas import ReceiptState
from servicekit.web.schemas import RequestBody, Text

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
        raise ValueError("this is not a public key of the curve P-256") from error
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
    endpoint: Url | None = Field(default=None, validate_default=True)
    keys: PushKeys | None = Field(default=None, validate_default=True)

    @field_validator("endpoint", "keys")
    @classmethod
    def belongs_to_push(cls, value: T, info: ValidationInfo) -> T:
        if "kind" in info.data and (info.data["kind"] == "push") != (value is not None):
            raise ValueError("push has an endpoint and keys, email has neither")
        return value


class ChannelRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: ChannelKind
    target: str
    kinds: list[Kind]
    is_active: bool
    note: str
    """Why it is not active."""
    created_at: datetime


class WebhookCreate(RequestBody):
    url: Url
    kinds: Kinds = Field(default=["reminder"])


class WebhookRead(BaseModel):
    """Secrets are shown once: when they are made."""

    id: str
    url: str
    kinds: list[Kind]
    is_active: bool
    note: str
    active_secrets: int
    created_at: datetime


class WebhookSecret(WebhookRead):
    secret: str
    """The key of `Todo-Signature`, shown this once."""


class AttemptRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    milliseconds: int
    status: int | None
    error: str


class DeliveryRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    notification_id: str
    reminder_id: str | None
    state: ReceiptState
    attempts: int
    next_at: datetime | None
    error: str
    created_at: datetime
    delivered_at: datetime | None


class LoggedDelivery(DeliveryRead):
    log: list[AttemptRead]


class ReceiptCreate(RequestBody):
    """What a receiver says of a delivery."""

    state: Literal["delivered", "opened"]
