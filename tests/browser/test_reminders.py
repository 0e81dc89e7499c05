"""A reminder that fires shows on an open page, with what can be done, and a mark in the title until seen."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.person import BrowserUser
from tests.browser.test_accessibility import violations

LEAD = timedelta(seconds=4)
FIRES_MS = 60_000


@pytest.fixture
def fired(ada: BrowserUser) -> Locator:
    """The toast of a reminder that has fired while the page was open."""
    at = (datetime.now(UTC) + LEAD).replace(microsecond=0).isoformat()
    ada.api("POST", "/tasks", title="Dentist", reminders=[{"at": at}])
    toast = ada.page.locator("#toasts [data-reminder]").filter(has_text="Dentist")
    expect(toast).to_be_visible(timeout=FIRES_MS)
    return toast


class TestAFiringReminder:
    def test_is_marked_in_the_title_until_seen_and_stays_until_done(
        self, ada: BrowserUser, fired: Locator
    ) -> None:
        expect(ada.page).to_have_title(re.compile("^● "))
        ada.page.keyboard.press("Shift")
        expect(ada.page).to_have_title(re.compile("^[^●]"))
        assert violations(ada.page) == []
        fired.get_by_role("button", name="Done: Dentist").click()
        expect(fired).to_have_count(0)
        unread = ada.api("GET", "/notifications?unread=true")["items"]
        assert "reminder" not in [entry["kind"] for entry in unread]
        assert ada.stored("Dentist")["done"]

    def test_comes_again_when_it_is_snoozed(self, ada: BrowserUser, fired: Locator) -> None:
        fired.get_by_role("button", name="Snooze: Dentist").click()
        expect(fired).to_have_count(0)
        (snoozed,) = [each for each in ada.api("GET", "/reminders")["items"] if each["kind"] == "snooze"]
        assert datetime.fromisoformat(snoozed["remind_at"]) > datetime.now(UTC) + timedelta(minutes=8)

    def test_that_is_dismissed_does_not_come_back_on_this_page(
        self, ada: BrowserUser, fired: Locator
    ) -> None:
        fired.get_by_role("button", name="Dismiss").click()
        with ada.page.expect_response(lambda found: "/notifications/badge" in found.url):
            ada.page.evaluate("document.body.dispatchEvent(new CustomEvent('live-notifications'))")
        expect(fired).to_have_count(0)
