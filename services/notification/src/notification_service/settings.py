"""Settings of the notification service."""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from pydantic import Field

from contracts.names import App
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    app: App = App.NOTIFICATION

    public_url: str = "http://localhost"
    """Where users find the frontend; for links in messages. `make up` sets it."""

    allowed_networks: list[IPv4Network | IPv6Network] = Field(default_factory=list)
    """Networks that are not public and may be called all the same by webhooks and web push, as JSON."""

    smtp_host: str = ""
    """The mail server; without one there is no e-mail."""
    smtp_port: int = Field(default=587, ge=1)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    """Its password is `smtp_password` of the secret `notification`."""
    mail_from: str = "Todo <todo@localhost>"

    vapid_contact: str = "mailto:todo@localhost"
    """Whom a push service writes to when something is wrong (RFC 8292, section 2.1)."""
