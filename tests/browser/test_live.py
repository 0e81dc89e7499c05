"""An open page shows what happens elsewhere, without being loaded again."""

from pathlib import Path

from playwright.sync_api import expect

from devstack.faults import find_app_pids, keep_down
from devstack.stack import Stack
from tests.browser.conftest import SignUp
from tests.browser.person import REMINDED_MS, BrowserUser


class TestAnotherTabOnTheOtherFrontend:
    def test_sees_what_is_added_completed_edited_and_deleted(
        self, ada: BrowserUser, edges: tuple[str, str]
    ) -> None:
        other = ada.second_tab(edges[1])
        other.page.evaluate("window.sameDocument = true")
        ada.add("Buy milk")
        expect(other.open_titles).to_have_text(["Buy milk"])
        ada.edit("Buy milk")
        ada.page.get_by_label("Title").fill("Buy oat milk")
        ada.save()
        expect(other.open_titles).to_have_text(["Buy oat milk"])
        ada.complete("Buy oat milk")
        expect(other.done_titles).to_have_text(["Buy oat milk"])
        other.page.locator("#done-details summary").click()
        ada.page.locator("#done-details summary").click()
        ada.delete("Buy oat milk")
        expect(other.done_titles).to_have_count(0)
        assert other.page.evaluate("window.sameDocument")

    def test_sees_what_the_api_does(self, ada: BrowserUser) -> None:
        ada.api("POST", "/tasks", title="From the API")
        expect(ada.open_titles).to_have_text(["From the API"])

    def test_sees_nothing_of_others(self, ada: BrowserUser, sign_up: SignUp) -> None:
        bob = sign_up("Bob")
        bob.add("Secret")
        ada.add("Mine")
        expect(ada.open_titles).to_have_text(["Mine"])


class TestAnUpdate:
    def test_leaves_what_is_being_typed(self, ada: BrowserUser) -> None:
        ada.new_task.press_sequentially("Half a th")
        ada.api("POST", "/tasks", title="From elsewhere")
        expect(ada.open_titles).to_have_text(["From elsewhere"])
        ada.page.keyboard.type("ought")
        expect(ada.new_task).to_have_value("Half a thought")

    def test_leaves_a_row_that_is_being_edited(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.edit("Buy milk")
        ada.page.get_by_label("Notes").fill("half a no")
        ada.api("POST", "/tasks", title="From elsewhere")
        ada.api("POST", f"/tasks/{ada.stored('Buy milk')['id']}/complete")
        expect(ada.open_titles).to_have_text(["From elsewhere"])
        ada.page.keyboard.type("te")
        expect(ada.page.get_by_label("Notes")).to_have_value("half a note")
        expect(ada.page.get_by_label("Notes")).to_be_focused()

    def test_keeps_focus_and_scroll(self, ada: BrowserUser) -> None:
        for number in range(40):
            ada.api("POST", "/tasks", title=f"Task {number}")
        ada.page.reload()
        link = ada.row("Task 3").filter(has_not_text="Task 30").get_by_role("link").last
        link.focus()
        before = ada.page.evaluate("scrollY")
        ada.api("PATCH", f"/tasks/{ada.stored('Task 7')['id']}", title="Task seven")
        expect(ada.row("Task seven")).to_have_count(1)
        expect(link).to_be_focused()
        assert ada.page.evaluate("scrollY") == before


class TestANotification:
    def test_arrives_in_the_badge_and_in_the_inbox(self, ada: BrowserUser) -> None:
        badge = ada.page.locator("#badge")
        inbox = ada.second_tab()
        inbox.page.goto("/notifications")
        expect(inbox.page.get_by_text("Nothing new")).to_be_visible()
        ada.remind("Buy milk")
        expect(badge).to_have_text("1 unread", timeout=REMINDED_MS)
        expect(inbox.page.locator(".entry .row-title")).to_have_text(["Buy milk"])
        inbox.page.get_by_role("button", name="Mark as read: Buy milk").click()
        expect(badge).to_have_text("")

    def test_can_be_read_with_all_others(self, ada: BrowserUser) -> None:
        for number in range(12):
            ada.remind(f"Task {number}")
        expect(ada.page.locator("#badge")).to_have_text("9+ unread", timeout=REMINDED_MS)
        ada.page.goto("/notifications")
        expect(ada.page.locator(".entry.is-unread")).to_have_count(12)
        ada.page.get_by_role("button", name="Mark all as read").click()
        expect(ada.page.locator(".entry.is-unread")).to_have_count(0)
        expect(ada.page.locator("#badge")).to_have_text("")


class TestAStreamThatBreaks:
    def test_is_hinted_at_and_nothing_is_missed(self, ada: BrowserUser, mended: Stack) -> None:
        name = "frontend-2"
        other = ada.second_tab(mended.addresses.app(name).url)
        serving = [pid for pid in find_app_pids(mended.folder, "frontend") if serves(pid, mended, name)]
        with keep_down(serving):
            expect(other.page.get_by_text("Reconnecting…")).to_be_visible()
            ada.add("Written meanwhile")
        expect(other.open_titles).to_have_text(["Written meanwhile"], timeout=30_000)
        expect(other.page.get_by_text("Reconnecting…")).to_have_count(0)

    def test_does_not_keep_a_hidden_page_from_catching_up(self, ada: BrowserUser) -> None:
        ada.page.evaluate("""() => {
            Object.defineProperty(document, "visibilityState", {get: () => window.shown ?? "hidden"});
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
        ada.api("POST", "/tasks", title="Written meanwhile")
        ada.page.evaluate("""() => {
            window.shown = "visible";
            document.dispatchEvent(new Event("visibilitychange"));
        }""")
        expect(ada.open_titles).to_have_text(["Written meanwhile"])


def serves(pid: int, stack: Stack, name: str) -> bool:
    port = stack.addresses.app(name).ports["appPort"]
    return f"APP_PORT={port}" in Path(f"/proc/{pid}/environ").read_text().split("\0")
