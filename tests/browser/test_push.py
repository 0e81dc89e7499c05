"""Web push in a real browser: what comes is shown once, Done and Snooze do what they say, or say why not.

The message is the one our system sent to a push service; only the way from there into the browser, which
belongs to the browser's maker, is played by its developer tools.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from devstack.faults import find_app_pids, keep_down
from devstack.stack import Stack
from tests.browser.person import BrowserUser
from tests.browser.push_service import Notifications, PushService
from tests.browser.test_live import serves
from tests.system.waiting import until

LEAD = timedelta(seconds=4)
TITLE = "Buy milk"


@pytest.fixture
def push_service() -> Iterator[PushService]:
    service = PushService()
    service.start()
    yield service
    service.stop()


@pytest.fixture
def pushed(ada: BrowserUser, push_service: PushService) -> dict[str, Any]:
    """What our system pushes when a task of Ada's is due."""
    ada.api("POST", "/channels", **push_service.channel)
    due = (datetime.now(UTC) + LEAD).replace(microsecond=0)
    ada.api("POST", "/tasks", title=TITLE, reminders=[{"at": due.isoformat()}])
    return push_service.message(TITLE)


@pytest.fixture
def notifications(ada: BrowserUser, pushed: dict[str, Any]) -> Notifications:
    """The browser after the message has come."""
    notifications = Notifications(ada.page)
    notifications.push(json.dumps(pushed))
    notifications.shown()
    return notifications


def expect_receipt(ada: BrowserUser, state: str) -> None:
    """The ledger comes to it; the service worker reports a push after it has shown it or acted on it."""

    def recorded() -> str:
        reminder = next(each for each in ada.api("GET", "/reminders")["items"] if each["kind"] == "task")
        return str(next(each["state"] for each in reminder["receipts"] if each["kind"] == "push"))

    until(recorded, lambda found: found == state)


class TestAPushedReminder:
    def test_is_shown_with_what_can_be_done(
        self, ada: BrowserUser, pushed: dict[str, Any], notifications: Notifications
    ) -> None:
        (shown,) = notifications.shown()
        assert (shown["title"], shown["tag"]) == (TITLE, pushed["id"])
        assert shown["actions"] == ["done", "snooze"]
        expect_receipt(ada, "delivered")

    def test_that_comes_twice_is_shown_once(
        self, pushed: dict[str, Any], notifications: Notifications
    ) -> None:
        notifications.push(json.dumps(pushed))
        notifications.push(json.dumps(pushed | {"id": "another", "title": "last"}))
        assert sorted(each["title"] for each in notifications.shown(2)) == [TITLE, "last"]

    def test_opens_its_task(
        self, ada: BrowserUser, pushed: dict[str, Any], notifications: Notifications
    ) -> None:
        notifications.worker.evaluate("WindowClient.prototype.focus = async () => {}")  # needs a real click
        notifications.click()
        expect(ada.page).to_have_url(f"/tasks/{pushed['task_id']}/edit")
        expect_receipt(ada, "opened")


class TestDone:
    def test_completes_the_task(self, ada: BrowserUser, notifications: Notifications) -> None:
        expect(ada.open_titles).to_have_text([TITLE])
        notifications.click("done")
        expect(ada.open_titles).to_have_count(0)
        assert ada.stored(TITLE)["done"] is True
        expect_receipt(ada, "opened")
        notifications.shown(0)

    def test_of_a_task_that_is_gone_says_so(self, ada: BrowserUser, notifications: Notifications) -> None:
        ada.api("DELETE", f"/tasks/{ada.stored(TITLE)['id']}")
        notifications.click("done")
        (shown,) = notifications.shown()
        assert shown["body"]
        expect_receipt(ada, "delivered")

    def test_while_the_server_is_away_says_so_and_can_be_done_later(
        self, ada: BrowserUser, notifications: Notifications, mended: Stack
    ) -> None:
        serving = [pid for pid in find_app_pids(mended.folder, "frontend") if serves(pid, mended, "frontend")]
        with keep_down(serving):
            expect(ada.page.get_by_text("Reconnecting…")).to_be_visible()
            notifications.click("done")
            (shown,) = notifications.shown()
        assert "can't be reached" in shown["body"]
        expect(ada.page.get_by_text("Reconnecting…")).to_have_count(0, timeout=30_000)
        notifications.click("done")
        notifications.shown(0)
        assert ada.stored(TITLE)["done"] is True

    def test_after_the_session_has_ended_asks_to_sign_in(
        self, ada: BrowserUser, notifications: Notifications
    ) -> None:
        ada.page.context.clear_cookies()
        notifications.click("done")
        (shown,) = notifications.shown()
        assert "signed out" in shown["body"]
        ada.page.goto("/sign-in")
        ada.sign_in(ada.page)
        expect(ada.open_titles).to_have_text([TITLE])
        notifications.click("done")
        expect(ada.open_titles).to_have_count(0)


class TestSnooze:
    def test_reminds_again_in_ten_minutes(self, ada: BrowserUser, notifications: Notifications) -> None:
        before = datetime.now(UTC)
        notifications.click("snooze")
        again = next(each for each in ada.api("GET", "/reminders")["items"] if each["kind"] == "snooze")
        assert (again["state"], again["title"]) == ("planned", TITLE)
        later = datetime.fromisoformat(again["remind_at"]) - before
        assert timedelta(minutes=10) <= later < timedelta(minutes=11)
        expect_receipt(ada, "opened")
        assert ada.stored(TITLE)["done"] is False
        notifications.shown(0)
