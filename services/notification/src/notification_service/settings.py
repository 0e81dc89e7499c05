"""Settings of the notification service."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import Field

from contracts.names import App
from notification_service.channels.ssrf import PORTS
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.NOTIFICATION

    public_url: str = "http://localhost"
    """Where users find the frontend; for links in messages. `make up` sets it."""

    allowed_networks: list[IPv4Network | IPv6Network] = Field(default_factory=list)
    """Networks that are not public and may be called all the same by webhooks and web push, as JSON."""

    allowed_ports: list[Annotated[int, Field(gt=0, lt=65536)]] = Field(default=list(PORTS), min_length=1)
    """Ports of public addresses that webhooks and web push may call, as JSON. In a cluster the network policy
    has to let them through, too."""

    smtp_host: str = ""
    """The mail server; without one there is no e-mail."""
    smtp_port: int = Field(default=587, ge=1)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    """Its password is `smtp_password` of the secret `notification`."""
    mail_from: str = "Todo <todo@localhost>"

    vapid_contact: str = "mailto:todo@localhost"
    """Whom a push service writes to when something is wrong (RFC 8292, section 2.1)."""

    quota_webhooks: int = Field(default=20, ge=0)
    quota_push_subscriptions: int = Field(default=20, ge=0)
    quota_reminders: int = Field(default=5_000, ge=0)
    """Of a user's own and snoozed ones, those of the last 30 days included."""
    quota_inbox_entries: int = Field(default=2_000, ge=1)
    """Nothing is refused for it: the oldest entries go."""
    quota_deliveries_stored: int = Field(default=20_000, ge=1)
    """Nothing is refused for it: what was sent longest ago goes."""
    quota_deliveries_waiting: int = Field(default=1_000, ge=1)
    """Waiting to be sent; what comes on top counts as failed and can be sent again by hand."""
    quota_webhook_tests: int = Field(default=60, ge=0)
    """In an hour, of all channels."""
    quota_redeliveries: int = Field(default=120, ge=0)
    """In an hour."""
