"""What is said to a mail server, and what its responses mean."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, patch

import aiosmtplib
import pytest
from notification_service.channels.delivery_job import DeliveryJob
from notification_service.channels.keys import ChannelKeys
from notification_service.channels.mail import LATE, MailSender
from notification_service.models import Channel, Delivery, Notification
from notification_service.settings import Settings
from py_vapid import Vapid02

from devstack.credentials import generate_secrets

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADDRESS = "ada@example.com"


def job(**fields: Any) -> DeliveryJob:
    values: dict[str, Any] = {"id": "n", "user_id": "ada", "kind": "reminder", "title": "stretch"}
    values |= {"created_at": NOON} | fields
    channel = Channel(id="c", user_id="ada", kind="email", target=ADDRESS, created_at=NOON)
    row: dict[str, Any] = {
        "id": "d",
        "user_id": "ada",
        "notification_id": "n",
        "channel_id": "c",
        "kind": "email",
    }
    return DeliveryJob(Delivery(**row, state="due", created_at=NOON), channel, Notification(**values))


async def sent(
    job: DeliveryJob, error: Exception | None = None, **settings: Any
) -> tuple[Any, dict[str, Any], Any]:
    """The message, what else the server was told, and the result."""
    secret = generate_secrets()["notification"]
    keys = ChannelKeys(secret["key"], Vapid02.from_pem(secret["vapid"].encode()), "password")
    mail = MailSender(Settings.model_validate({"smtp_host": "mail", "smtp_user": "todo"} | settings), keys)
    with patch.object(aiosmtplib, "send", AsyncMock(side_effect=error)) as send:
        result = await mail.send(job)
    assert send.await_args
    return send.await_args.args[0], dict(send.await_args.kwargs), result


def refused(code: int) -> aiosmtplib.SMTPRecipientsRefused:
    return aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(code, "said", ADDRESS)])


class TestAConnection:
    @pytest.mark.parametrize(
        ("security", "tls", "starttls"),
        [("tls", True, False), ("starttls", False, True), ("none", False, False)],
    )
    async def test_is_as_safe_as_it_is_told_to_be(self, security: str, tls: bool, starttls: bool) -> None:
        _, options, _ = await sent(job(), smtp_security=security)
        assert (options["use_tls"], options["start_tls"]) == (tls, starttls)
        assert (options["username"], options["password"]) == ("todo", "password")

    async def test_starts_tls_unless_told_otherwise(self) -> None:
        assert (await sent(job()))[1]["start_tls"] is True


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (None, "sent"),
            (refused(550), "channel_gone"),
            (refused(450), "retry"),
            (aiosmtplib.SMTPDataError(554, "spam"), "permanent_failure"),
            (aiosmtplib.SMTPDataError(451, "later"), "retry"),
            (aiosmtplib.SMTPAuthenticationError(535, "who?"), "retry"),
            (aiosmtplib.SMTPServerDisconnected("gone"), "retry"),
            (OSError("no route"), "retry"),
        ],
        ids=lambda value: str(value),
    )
    async def test_decides_what_becomes_of_it(self, error: Exception | None, kind: str) -> None:
        assert (await sent(job(), error))[2].kind == kind


class TestAMessage:
    async def test_says_when_it_is_due_and_that_it_is_late(self) -> None:
        message, _, _ = await sent(job(due_at=NOON, late=True))
        plain = message.get_body(("plain",)).get_content()
        assert "Due 2026-05-01 12:00 UTC" in plain
        assert LATE in plain
        message, _, _ = await sent(job())
        assert "Due" not in message.get_body(("plain",)).get_content()
        assert LATE not in message.get_body(("plain",)).get_content()

    async def test_leads_to_the_task(self) -> None:
        message, _, _ = await sent(job(task_id="t1"), public_url="https://todo.test/")
        for kind in ("plain", "html"):
            assert "https://todo.test/tasks/t1/edit" in message.get_body((kind,)).get_content()

    async def test_shows_what_people_write_as_text(self) -> None:
        message, _, _ = await sent(job(title="<b>\n& more", text="<script>"))
        html = message.get_body(("html",)).get_content()
        assert message["Subject"] == "<b> & more"
        assert "&lt;b&gt;" in html
        assert "&lt;script&gt;" in html
        assert "<script>" not in html
        assert "<script>" in message.get_body(("plain",)).get_content()

    async def test_wants_no_automatic_answer(self) -> None:
        assert (await sent(job()))[0]["Auto-Submitted"] == "auto-generated"
