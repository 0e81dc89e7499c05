"""What entries of the inbox say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from notification_service import message_texts
from notification_service.models import Channel

from services.notification.tests.events import imported


def channel(kind: str, target: str) -> Channel:
    now = datetime.now(UTC)
    return Channel(id="c1", user_id="ada", kind=kind, target=target, note="410 Gone", created_at=now)


class TestAnImport:
    @pytest.mark.parametrize(
        ("fields", "title", "text"),
        [
            ({}, "Imported 1 task from Todoist", ""),
            ({"added": 0, "skipped": 2}, "Imported 0 tasks from Todoist, 2 were there already", ""),
            (
                {"added": 2000, "skipped": 1, "losses": 1},
                "Imported 2,000 tasks from Todoist, 1 was there already, 1 thing could not be taken over",
                "",
            ),
            ({"added": 0, "failure": "No room."}, "The import from Todoist failed", "No room."),
            (
                {"added": 2, "failure": "Gone."},
                "The import from Todoist failed",
                "2 tasks had been added. Gone.",
            ),
        ],
    )
    def test_is_told_in_one_line(self, fields: dict[str, Any], title: str, text: str) -> None:
        assert message_texts.describe_import(imported(**fields)) == (title, text)


class TestAChannel:
    @pytest.mark.parametrize(
        ("kind", "target", "name"),
        [
            ("email", "ada@example.org", "E-mail to ada@example.org"),
            ("webhook", "https://example.org/hooks?key=secret", "Your webhook at example.org"),
            ("push", "https://push.example.org/abc", "Notes in a browser of yours"),
        ],
    )
    def test_is_named_without_its_secrets(self, kind: str, target: str, name: str) -> None:
        made = channel(kind, target)
        assert message_texts.describe_disabled(made) == (f"{name}: switched off", "410 Gone")
        assert message_texts.describe_failing(made, "503") == (
            f"{name}: not delivered",
            "It was given up. The last try: 503",
        )
