"""The basics without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignUp
from tests.browser.person import BrowserUser


@pytest.fixture
def ada(sign_up: SignUp) -> BrowserUser:
    return sign_up(java_script_enabled=False)


class TestTasks:
    def test_are_added_edited_completed_deleted_and_restored(self, ada: BrowserUser) -> None:
        page = ada.page
        ada.add("Buy milk")
        ada.row("Buy milk").get_by_role("link").click()
        expect(page.get_by_role("heading", name="Edit task")).to_be_visible()
        page.get_by_label("Title").fill("Buy oat milk")
        ada.save()
        expect(ada.open_titles).to_have_text(["Buy oat milk"])
        ada.complete("Buy oat milk")
        expect(page.get_by_text("Completed.")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(ada.open_titles).to_have_text(["Buy oat milk"])
        ada.delete("Buy oat milk")
        expect(ada.open_titles).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(ada.open_titles).to_have_text(["Buy oat milk"])

    def test_sent_twice_are_added_once(self, ada: BrowserUser) -> None:
        key = ada.page.locator("form.composer [name=key]").get_attribute("value") or ""
        for _ in range(2):
            form: dict[str, str | float | bool] = {"title": "Buy milk", "key": key}
            assert ada.page.context.request.post("/tasks", form=form).ok
        ada.page.reload()
        expect(ada.open_titles).to_have_text(["Buy milk"])

    def test_in_conflict_show_both_versions(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.row("Buy milk").get_by_role("link").click()
        ada.api("PATCH", f"/tasks/{ada.stored('Buy milk')['id']}", title="Buy soy milk")
        ada.page.get_by_label("Title").fill("Buy oat milk")
        ada.save()
        expect(ada.page.get_by_text("Changed elsewhere to: Buy soy milk")).to_be_visible()
        ada.save()
        expect(ada.open_titles).to_have_text(["Buy oat milk"])


class TestTheRest:
    def test_talks_to_the_assistant_and_takes_it_back(self, ada: BrowserUser) -> None:
        ada.page.goto("/assistant")
        ada.page.get_by_label("Message").fill("add buy milk")
        ada.page.get_by_role("button", name="Send").click()
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
        ada.page.get_by_role("button", name="Undo that").click()
        expect(ada.page.get_by_text("Undone: “buy milk”.")).to_be_visible()

    def test_reads_notifications(self, ada: BrowserUser) -> None:
        ada.remind("Buy milk")
        ada.page.goto("/notifications")
        while ada.page.get_by_text("Nothing new").count():
            ada.page.reload()
        ada.page.get_by_role("button", name="Mark as read: Buy milk").click()
        expect(ada.page.locator(".entry.is-unread")).to_have_count(0)

    def test_chooses_a_theme_and_signs_out(self, ada: BrowserUser) -> None:
        ada.page.goto("/account")
        ada.page.get_by_role("button", name="Theme: as the system").click()
        expect(ada.page).to_have_url(re.compile("/account$"))
        expect(ada.page.locator("html")).to_have_css("color-scheme", "dark")
        ada.page.get_by_role("button", name="Sign out").click()
        expect(ada.page.get_by_role("heading", name="Welcome back")).to_be_visible()
