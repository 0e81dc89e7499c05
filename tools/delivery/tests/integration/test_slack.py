"""Slack: what is told, to a fake that speaks the webhook's protocol and is as strict."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from delivery.slack import News, tell
from devstack.errors import CommandError

PATH = "/services/T000/B000/secret"


@dataclass(slots=True)
class Webhook:
    """Statuses it answers with, one after the other, before it takes a message; and those it took."""

    refusals: list[int] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0


def complaint(headers: Any, body: bytes) -> str:
    """What Slack would have against the message (https://docs.slack.dev/reference/block-kit/blocks)."""
    if not headers["content-type"].startswith("application/json"):
        return "invalid_payload"
    message = json.loads(body)
    if not message.get("text"):
        return "no_text"
    for block in message["blocks"]:
        if len(block.get("text", {}).get("text", "")) > 3000 or len(block.get("fields", [])) > 10:
            return "invalid_blocks"
        if not {"text", "fields", "elements"} & set(block) or block.get("fields") == []:
            return "invalid_blocks"
    return ""


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    state = Webhook()

    class Handler(BaseHTTPRequestHandler):
        webhook: ClassVar[Webhook] = state

        def do_POST(self) -> None:
            state.tries += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            said = "invalid_token" if self.path != PATH else complaint(self.headers, body)
            status = state.refusals.pop(0) if state.refusals else (400 if said else 200)
            if status == 200:
                state.taken.append(json.loads(body))
            self.send_response(status)
            if status == 429:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write((said or "ok").encode())

        def log_message(self, format: str, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}{PATH}")
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def news(outcome: str = "success", **more: str) -> News:
    return News("deploy", "staging", outcome, **more)


class TestMessage:
    def test_of_success_says_what_runs_where(self, webhook: Webhook) -> None:
        run = "https://github.com/owner/todo/actions/runs/1"
        assert tell(news(revision="0123456789abcdef", actor="ada", run=run, summary="staging runs it"))
        [message] = webhook.taken
        assert message["text"] == ":white_check_mark: deploy to staging: success"
        shown = json.dumps(message["blocks"])
        assert all(part in shown for part in ("0123456789ab", "ada", f"<{run}|", "staging runs it"))

    def test_of_failure_looks_different(self, webhook: Webhook) -> None:
        tell(news("failure"))
        assert webhook.taken[0]["text"].startswith(":x: ")

    def test_with_a_long_summary_keeps_its_end(self, webhook: Webhook) -> None:
        tell(news(summary="x" * 9000 + "the reason"))
        assert "the reason" in json.dumps(webhook.taken[0])

    def test_shows_markup_as_it_is(self, webhook: Webhook) -> None:
        tell(news(actor="<!channel> & co"))
        assert "&lt;!channel&gt; &amp; co" in json.dumps(webhook.taken[0])


class TestTelling:
    def test_tries_again_when_asked_to_wait(self, webhook: Webhook) -> None:
        webhook.refusals = [429, 429]
        assert tell(news())
        assert webhook.tries == 3

    def test_gives_up_after_a_while(self, webhook: Webhook) -> None:
        webhook.refusals = [429] * 9
        with pytest.raises(CommandError, match="429"):
            tell(news())
        assert webhook.tries == 3

    def test_does_not_insist_on_what_is_refused(self, webhook: Webhook) -> None:
        webhook.refusals = [403]
        with pytest.raises(CommandError, match="403") as caught:
            tell(news())
        assert webhook.tries == 1
        assert "secret" not in str(caught.value)

    def test_without_a_webhook_tells_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
        assert not tell(news())
