"""Talking to the assistant."""

import re

from playwright.sync_api import Page, expect

from devstack.faults import pause_processes, read_server_pid
from devstack.stack import Stack
from tests.browser.person import BrowserUser


def say(page: Page, text: str) -> None:
    field = page.get_by_label("Message")
    field.fill(text)
    field.press("Enter")


class TestThePanelBesideTheList:
    def test_adds_a_task_that_shows_in_the_list(self, ada: BrowserUser) -> None:
        say(ada.page, "add buy milk")
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
        expect(ada.open_titles).to_have_text(["buy milk"])
        expect(ada.page.get_by_label("Message")).to_have_value("")

    def test_takes_back_what_it_did(self, ada: BrowserUser) -> None:
        say(ada.page, "add buy milk")
        ada.page.get_by_role("button", name="Undo that").click()
        expect(ada.page.get_by_text("Undone: “buy milk”.")).to_be_visible()
        expect(ada.open_titles).to_have_count(0)
        expect(ada.page.get_by_role("button", name="Undo that")).to_have_count(1)

    def test_remembers_what_was_said(self, ada: BrowserUser) -> None:
        say(ada.page, "add buy milk")
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
        say(ada.page, "what do I have to do")
        expect(ada.page.get_by_text("1. buy milk")).to_be_visible()
        say(ada.page, "complete 1")
        expect(ada.done_titles).to_have_text(["buy milk"])
        ada.page.reload()
        expect(ada.page.locator(".message")).to_have_count(6)


class TestThePage:
    def test_begins_a_new_conversation_and_finds_the_earlier_one(self, ada: BrowserUser) -> None:
        ada.page.goto("/assistant")
        say(ada.page, "add buy milk")
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
        ada.page.reload()
        ada.page.get_by_role("link", name="New conversation").click()
        expect(ada.page.locator(".message")).to_have_count(0)
        say(ada.page, "help")
        expect(ada.page.locator(".message")).to_have_count(2)
        ada.page.goto("/assistant")
        ada.page.get_by_text("Earlier conversations").click()
        ada.page.get_by_role("link", name="add buy milk").click()
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
        expect(ada.page).to_have_url(re.compile("/assistant/[0-9a-f-]{36}$"))

    def test_shows_hostile_messages_as_text(self, ada: BrowserUser) -> None:
        ada.page.goto("/assistant")
        say(ada.page, "add <img src=x onerror=\"document.title='owned'\">")
        expect(ada.page.locator(".by-assistant p").last).to_contain_text("<img src=x onerror=")
        expect(ada.page).not_to_have_title("owned")


class TestWithoutTheStateStore:
    def test_says_so_keeps_the_words_and_recovers(self, ada: BrowserUser, mended: Stack) -> None:
        with pause_processes([read_server_pid(mended.folder, "redis")]):
            ada.page.goto("/assistant")
            expect(ada.page.get_by_text("Conversation unavailable.")).to_be_visible()
            say(ada.page, "add buy milk")
            expect(ada.toast).to_contain_text("Conversations can't be reached right now", timeout=20_000)
            expect(ada.page.get_by_label("Message")).to_have_value("add buy milk")
            ada.page.goto("/")
            ada.add("Tasks go on")
        ada.page.goto("/assistant")
        say(ada.page, "add buy milk")
        expect(ada.page.get_by_text("Added “buy milk”.")).to_be_visible()
