"""E-mail: plain text and HTML, with one-click unsubscribe (RFC 8058), over SMTP.

Not through Dapr's SMTP binding, which sends HTML only and no headers (docs/decisions/0014).
"""

import html
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from notification_service.channels.delivery_job import DeliveryJob, ResultKind, SendResult
from notification_service.channels.keys import ChannelKeys
from notification_service.models import Notification
from notification_service.settings import Settings

TIMEOUT_SECONDS = 15
LATE = "This reminder is late: the system was unavailable when it was due."


class MailSender:
    """Hands messages to the mail server of `settings`."""

    def __init__(self, settings: Settings, keys: ChannelKeys) -> None:
        self._settings = settings
        self._keys = keys

    async def send(self, job: DeliveryJob) -> SendResult:
        try:
            await aiosmtplib.send(
                self._build_message(job),
                hostname=self._settings.smtp_host,
                port=self._settings.smtp_port,
                username=self._settings.smtp_user or None,
                password=self._keys.smtp_password or None,
                use_tls=self._settings.smtp_security == "tls",
                start_tls=self._settings.smtp_security == "starttls",
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _classify_refusal(error.recipients[0])
        except aiosmtplib.SMTPResponseException as error:
            kind: ResultKind = "permanent_failure" if 550 <= error.code < 560 else "retry"
            return SendResult(kind, f"{error.code} {error.message}"[:300], error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return SendResult("retry", f"{type(error).__name__}: {error}"[:300])
        return SendResult("sent", status=250)

    def _build_message(self, job: DeliveryJob) -> EmailMessage:
        notification, base = job.notification, self._settings.public_url.rstrip("/")
        unsubscribe = f"{base}/api/v1/unsubscribe/{self._keys.make_unsubscribe_token(job.channel.id)}"
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = job.channel.target
        message["Subject"] = " ".join(notification.title.split()) or "Reminder"
        message["Date"] = format_datetime(job.delivery.created_at)
        message["Message-ID"] = f"<{job.delivery.id}@{_domain_of(self._settings.mail_from)}>"
        message["Auto-Submitted"] = "auto-generated"
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        lines = _text_lines(notification)
        link = f"{base}/tasks/{notification.task_id}/edit" if notification.task_id else f"{base}/"
        settings = f"{base}/settings"
        footer = f"{link}\n\n-- \nYou get this because e-mail is on. Turn it off: {settings}\n"
        message.set_content("\n".join([*lines, "", footer]))
        message.add_alternative(_render_html(lines, link, settings), subtype="html")
        return message


def _text_lines(notification: Notification) -> list[str]:
    lines = [notification.title]
    if notification.due_at:
        lines.append(f"Due {notification.due_at:%Y-%m-%d %H:%M} UTC")
    if notification.text:
        lines += ["", *notification.text.splitlines()]
    return [*lines, "", LATE] if notification.late else lines


def _render_html(lines: list[str], link: str, settings: str) -> str:
    text = "<br>".join(html.escape(line) for line in lines)
    return (
        f'<!doctype html><html lang="en"><body><p>{text}</p><p><a href="{html.escape(link)}">Open</a></p>'
        f'<p><small><a href="{html.escape(settings)}">Turn e-mail off</a></small></p></body></html>'
    )


def _classify_refusal(error: aiosmtplib.SMTPRecipientRefused) -> SendResult:
    reply = f"{error.code} {error.message}"[:300]
    if 500 <= error.code < 600:
        return SendResult("channel_gone", f"the mail bounced: {reply}", error.code)
    return SendResult("retry", reply, error.code)


def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
