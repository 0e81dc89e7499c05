"""Everything a user's notifications are sent to beside the inbox, for real, and what each of them got."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from services.notification.tests.receivers import Browser, Call, Gate, MailServer, Receiver, web_receiver
from tests.system.api import Api
from tests.system.waiting import eventually

ENDS = {"inbox": "delivered", "webhook": "delivered", "push": "sent", "email": "sent"}
"""The state a receipt ends in, by channel, when all went well and nobody opened anything."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A program, a browser and a mailbox."""

    webhook: Receiver
    secret: str
    push: Receiver
    browser: Browser
    mail_server: MailServer
    address: str

    def calls(self) -> list[Call]:
        """What the webhook got; each signed as it must be."""
        assert all(self.webhook.verified(call, self.secret) for call in self.webhook.calls)
        return self.webhook.calls

    def messages(self) -> list[Any]:
        """What the browser got, decrypted; each under the topic by which a push service replaces it."""
        found = []
        for call in self.push.calls:
            message = self.browser.decrypted(call)
            assert call.headers["Topic"] == message["id"].replace("-", "")
            found.append(message)
        return found

    def mails(self) -> list[EmailMessage]:
        return [mail for mail in self.mail_server.received if mail["To"] == self.address]

    def titles(self) -> dict[str, dict[str, set[str]]]:
        """What each delivery said, by channel and the id its receiver can tell a repeat by."""
        found: dict[str, dict[str, set[str]]] = {kind: {} for kind in ENDS if kind != "inbox"}
        for kind, id, title in self._arrivals():
            found[kind].setdefault(id, set()).add(title)
        return found

    def times(self) -> dict[str, Counter[str]]:
        """How often each delivery came, by channel and id."""
        found: dict[str, Counter[str]] = {kind: Counter() for kind in ENDS if kind != "inbox"}
        for kind, id, _ in self._arrivals():
            found[kind][id] += 1
        return found

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Nobody answers while the block runs: what arrives then was sent and is not yet known to be."""
        gates = [each.gate for each in (self.webhook, self.push, self.mail_server)]
        _set(gates, is_open=False)
        try:
            yield
        finally:
            _set(gates, is_open=True)

    def _arrivals(self) -> Iterator[tuple[str, str, str]]:
        yield from (("webhook", call.delivery, call.json["data"]["title"]) for call in self.calls())
        yield from (("push", each["delivery_id"], each["title"]) for each in self.messages())
        for mail in self.mails():
            yield "email", mail["Message-ID"].strip("<>").partition("@")[0], mail["Subject"]


def _set(gates: list[Gate], *, is_open: bool) -> None:
    for gate in gates:
        gate.is_open = is_open


@asynccontextmanager
async def endpoints_of(user: Api, mail_server: MailServer) -> AsyncIterator[Endpoints]:
    """Everything switched on for `user`."""
    browser = Browser()
    async with web_receiver() as webhook, web_receiver("/push") as push:
        made = await user.insist("POST", "/webhooks", {"url": webhook.url})
        assert made.status == 201, made.body
        subscription = {"kind": "push", "endpoint": push.url, "keys": browser.keys}
        assert (await user.insist("POST", "/channels", subscription)).status == 201
        mail = await eventually(
            lambda: user.ask("POST", "/channels", {"kind": "email"}), lambda response: response.status == 201
        )
        yield Endpoints(webhook, made.body["secret"], push, browser, mail_server, mail.body["target"])
