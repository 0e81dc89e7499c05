"""A message about a deployment to a Slack channel, through an incoming webhook."""

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from devstack.errors import CommandError

TRIES = 3
LONGEST_PAUSE_SECONDS = 30
TIMEOUT_SECONDS = 10
SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class News:
    """What happened.

    action: deploy, rollback.
    outcome: of the job as GitHub says it: success, failure, cancelled.
    revision: the commit.
    run: URL of the workflow's run.
    summary: lines about what was done.
    """

    action: str
    environment: str
    outcome: str
    revision: str = ""
    actor: str = ""
    run: str = ""
    summary: str = ""

    @property
    def headline(self) -> str:
        sign = ":white_check_mark:" if self.outcome == SUCCESS else ":x:"
        return f"{sign} {self.action} to {self.environment}: {self.outcome}"

    def payload(self) -> dict[str, Any]:
        """Block Kit, and plain text for what shows no blocks."""
        facts = {"Revision": self.revision[:12], "By": self.actor}
        fields = [_markdown(f"*{name}*\n{escape(value)}") for name, value in facts.items() if value]
        blocks: list[dict[str, Any]] = [{"type": "section", "text": _markdown(f"*{self.headline}*")}]
        blocks += [{"type": "section", "fields": fields}] if fields else []
        blocks += [{"type": "section", "text": _markdown(_shortened(self.summary))}] if self.summary else []
        blocks += (
            [{"type": "context", "elements": [_markdown(f"<{self.run}|Log of the run>")]}] if self.run else []
        )
        return {"text": self.headline, "blocks": blocks}


def tell(news: News) -> bool:
    """Post to the webhook of `SLACK_WEBHOOK_URL`; False if there is none.

    Raises `CommandError` if Slack won't take it. The address is a secret: it is in no message.
    """
    address = os.environ.get("SLACK_WEBHOOK_URL", "")
    if not address:
        return False
    body = json.dumps(news.payload()).encode()
    for attempt in range(1, TRIES + 1):
        pause, complaint = _post(address, body)
        if not complaint:
            return True
        if pause is None or attempt == TRIES:
            raise CommandError(f"Slack did not take the message: {complaint}")
        time.sleep(pause)
    raise AssertionError("unreachable")


def _post(address: str, body: bytes) -> tuple[float | None, str]:
    """Seconds after which it is worth another try, if it is; and the complaint, if there is one."""
    request = urllib.request.Request(address, body, {"content-type": "application/json; charset=utf-8"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
            return None, ""
    except urllib.error.HTTPError as error:
        said = f"{error.code} {error.read(200).decode(errors='replace')}"
        if error.code == 429 or error.code >= 500:
            return min(float(error.headers.get("retry-after", "1")), LONGEST_PAUSE_SECONDS), said
        return None, said
    except (urllib.error.URLError, TimeoutError) as error:
        return 1.0, str(getattr(error, "reason", error))


def escape(text: str) -> str:
    """The three characters Slack reads as markup (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _shortened(text: str) -> str:
    """A block takes 3000 characters; what went wrong stands at the end."""
    return f"```{escape(text)[-2900:]}```"


def _markdown(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}
