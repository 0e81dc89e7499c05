"""What the API takes and shows of channels, webhooks and deliveries."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notification_service.reminders.schemas import ReceiptState
from servicekit.schema import RequestBody, Text

Kind = Literal[
    "reminder", "digest", "task.created", "task.completed", "task.reopened", "task.deleted", "test"
]
ChannelKind = Literal["email", "push", "webhook"]
Url = Annotated[Text, Field(min_length=1, max_length=2000)]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=10)]


class PushKeys(RequestBody):
    """What `PushSubscription.toJSON()` of a browser has under `keys`: base64url."""

    p256dh: str = Field(pattern=r"^[A-Za-z0-9_-]{80,100}=?$")
    auth: str = Field(pattern=r"^[A-Za-z0-9_-]{20,30}={0,2}$")


class ChannelCreate(RequestBody):
    """E-mail goes to the address of the account. Push takes what a browser's subscription says."""

    kind: Literal["email", "push"]
    endpoint: Url | None = None
    keys: PushKeys | None = None

    @model_validator(mode="after")
    def push_has_a_subscription(self) -> "ChannelCreate":
        if (self.kind == "push") != bool(self.endpoint and self.keys):
            raise ValueError("push has an endpoint and keys, email has neither")
        return self


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
