"""Stand-ins for Slack's incoming webhook and for a dead-man's switch, as strict as the real ones."""

import json
import re
import time
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Any

from tests.listening import Listener

SLACK_PATH = "/services/T000/B000/secret"
SWITCH_PATH = "/dead-mans-switch"
MAX_ATTACHMENTS = 20
MAX_TEXT = 3000
COLOR = re.compile(r"good|warning|danger|#[0-9a-fA-F]{6}")
LINK = re.compile(r"https?://\S+")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One message in a channel; at: when it came (time.monotonic())."""

    channel: str
    title: str
    color: str
    text: str
    at: float

    @property
    def is_resolved(self) -> bool:
        return self.color == "good"


@dataclass(slots=True)
class Receivers:
    """What was taken, and what was refused with the reason."""

    messages: list[Message] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    """When the dead-man's switch heard the Watchdog."""
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.listener = Listener(self._respond)

    def _respond(self, path: str, headers: Headers, body: bytes) -> tuple[int, str, bytes]:
        problem = self.take(path, headers, body)
        return 400 if problem else 200, "text/plain", (problem or "ok").encode()

    def unresolved(self) -> set[str]:
        """Alerts somebody was told of, and not yet that they are over."""
        last = {message.title.partition(": ")[2]: message.is_resolved for message in self.messages}
        return {name for name, is_resolved in last.items() if not is_resolved}

    def take(self, path: str, headers: Any, body: bytes) -> str:
        """Keep a notification, or say what is wrong with it."""
        complain = {SLACK_PATH: slack_complaint, SWITCH_PATH: switch_complaint}.get(path)
        problem = complain(headers, body) if complain else "invalid_token"
        if problem:
            self.refused.append(f"{path}: {problem}: {body!r:.2000}")
        elif path == SLACK_PATH:
            self.messages += _messages(json.loads(body))
        else:
            self.beats.append(time.monotonic())
        return problem


def slack_complaint(headers: Any, body: bytes) -> str:
    """What Slack would have against it (https://docs.slack.dev/legacy/legacy-messaging/legacy-message-attachments)."""
    if not headers["content-type"].startswith("application/json"):
        return "invalid_payload"
    message: Json = json.loads(body)
    attachments = message.get("attachments", [])
    if not message.get("text") and not attachments:
        return "no_text"
    if len(attachments) > MAX_ATTACHMENTS:
        return "too_many_attachments"
    if not re.fullmatch(r"#[a-z0-9_-]{1,80}", message.get("channel", "")):
        return "channel_not_found"
    return next((problem for each in attachments if (problem := _attachment_complaint(each))), "")


def _attachment_complaint(attachment: Json) -> str:
    if not attachment.get("fallback") or not attachment.get("title"):
        return "no_text"
    if not 0 < len(attachment.get("text", "")) <= MAX_TEXT:
        return "msg_too_long"
    if not COLOR.fullmatch(attachment.get("color", "")):
        return "invalid_color"
    return "" if LINK.fullmatch(attachment.get("title_link", "")) else "invalid_link"


def switch_complaint(headers: Any, body: bytes) -> str:
    """A switch takes the Watchdog from whoever has its token."""
    if headers["authorization"] != "Bearer local":
        return "unauthorized"
    names = {alert["labels"]["alertname"] for alert in json.loads(body)["alerts"]}
    return "" if names == {"Watchdog"} else f"not a watchdog: {names}"


def _messages(message: Json) -> list[Message]:
    now = time.monotonic()
    return [
        Message(message["channel"], each["title"], each["color"], each["text"], now)
        for each in message["attachments"]
    ]
