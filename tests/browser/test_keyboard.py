"""Everything without a mouse."""

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenBrowser
from tests.browser.person import PASSWORD, BrowserUser

LINKS_BETWEEN = 15
"""At most this many controls lie between the field for a new task and the button that signs out."""


def press(page: Page, *keys: str) -> None:
    """Press `keys` once the scripts of the page listen: its URL is there long before, and modules have run
    at DOMContentLoaded."""
    page.wait_for_load_state("domcontentloaded")
    for key in keys:
        page.keyboard.press(key)


class TestTheWholeWay:
    def test_from_sign_up_to_sign_out(self, open_browser: OpenBrowser) -> None:
        page = open_browser().new_page()
        page.goto("/sign-up")
        page.keyboard.type("Ada")
        press(page, "Tab")
        page.keyboard.type(f"{uuid4().hex}@example.org")
        press(page, "Tab")
        page.keyboard.type(PASSWORD)
        press(page, "Enter")
        expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
        press(page, "Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        press(page, "Enter", "Tab")
        expect(page.get_by_label("New task")).to_be_focused()
        page.keyboard.type("Buy milk")
        press(page, "Enter")
        expect(page.locator("#open .row-title")).to_have_text(["Buy milk"])
        sign_out = page.get_by_role("button", name="Sign out")
        for _ in range(LINKS_BETWEEN):
            press(page, "Shift+Tab")
            if sign_out.evaluate("button => button === document.activeElement"):
                break
        expect(sign_out).to_be_focused()
        press(page, "Enter")
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


class TestShortcuts:
    def test_work_through_the_list(self, ada: BrowserUser) -> None:
        page = ada.page
        for title in ("Third", "Second", "First"):
            ada.add(title)
        page.keyboard.press("Tab")  # out of the field, where keys are text
        press(page, "j", "j", "j")
        expect(ada.row("Third").get_by_role("link")).to_be_focused()
        press(page, "k")
        expect(ada.row("Second").get_by_role("link")).to_be_focused()
        press(page, "x")
        expect(ada.open_titles).to_have_text(["First", "Third"])
        expect(ada.row("Third").get_by_role("link")).to_be_focused()
        press(page, "e")
        expect(page.get_by_label("Title")).to_be_focused()
        page.keyboard.type("!")
        press(page, "Enter")
        expect(ada.open_titles).to_have_text(["First", "Third!"])
        expect(ada.row("Third!").get_by_role("link")).to_be_focused()
        press(page, "d")
        expect(ada.open_titles).to_have_text(["First"])
        expect(ada.row("First").get_by_role("link")).to_be_focused()
        press(page, "z")
        expect(ada.open_titles).to_have_text(["First", "Third!"])
        press(page, "n")
        expect(ada.new_task).to_be_focused()

    def test_lead_to_the_places(self, ada: BrowserUser) -> None:
        press(ada.page, "g", "n")
        expect(ada.page).to_have_url(re.compile("/notifications$"))
        press(ada.page, "g", "a")
        expect(ada.page).to_have_url(re.compile("/assistant$"))
        press(ada.page, "g", "t")
        expect(ada.page).to_have_url(re.compile("/$"))

    def test_can_be_switched_off(self, ada: BrowserUser) -> None:
        press(ada.page, "?")
        ada.page.get_by_label("Use shortcuts of a single key").press("Space")
        press(ada.page, "Escape", "n")
        expect(ada.new_task).not_to_be_focused()
        ada.page.reload()
        press(ada.page, "n")
        expect(ada.new_task).not_to_be_focused()
        ada.page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
        expect(ada.page.get_by_label("Use shortcuts of a single key")).not_to_be_checked()


class TestTheHelp:
    def test_holds_the_focus_and_gives_it_back(self, ada: BrowserUser) -> None:
        button = ada.page.get_by_role("button", name="Keyboard shortcuts")
        button.press("Enter")
        dialog = ada.page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_be_visible()
        for _ in range(6):
            press(ada.page, "Tab")
            assert ada.page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        press(ada.page, "Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()


class TestFocus:
    def test_can_be_seen_on_everything(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.page.goto("/")
        seen = 0
        for _ in range(14):
            press(ada.page, "Tab")
            outline = ada.page.evaluate("""() => {
                const focused = document.activeElement;
                const framed = focused.closest(".composer") ?? focused;
                return focused === document.body ? "" : getComputedStyle(framed).outlineStyle;
            }""")
            assert outline in ("solid", "")
            seen += outline == "solid"
        assert seen >= 12
