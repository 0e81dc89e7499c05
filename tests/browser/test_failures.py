"""A part of the system is away: the page says so, keeps what it has, and recovers by itself."""

from playwright.sync_api import expect

from devstack.faults import find_app_pids, keep_down, pause_processes
from devstack.stack import Stack
from tests.browser.person import REMINDED_MS, BrowserUser
from tests.system.reminding import soon

SLOW_MS = 30_000


class TestTheTaskServiceStopped:
    def test_keeps_the_list_and_what_was_typed_and_recovers(self, ada: BrowserUser, mended: Stack) -> None:
        ada.add("Buy milk")
        with pause_processes(find_app_pids(mended.folder, "task")):
            ada.new_task.fill("Buy bread")
            ada.new_task.press("Enter")
            expect(ada.toast).to_contain_text("can't be reached right now", timeout=SLOW_MS)
            expect(ada.new_task).to_have_value("Buy bread")
            expect(ada.open_titles).to_have_text(["Buy milk"])
        ada.page.reload()
        expect(ada.open_titles.filter(has_text="Buy milk")).to_have_count(1, timeout=SLOW_MS)

    def test_says_so_on_a_new_page_whose_rest_works(self, ada: BrowserUser, mended: Stack) -> None:
        ada.add("Buy milk")
        ada.remind("Call Bob")
        expect(ada.page.locator("#badge")).to_have_text("1 unread", timeout=REMINDED_MS)
        with pause_processes(find_app_pids(mended.folder, "task")):
            ada.page.reload()
            expect(ada.page.get_by_text("Your tasks can't be reached right now.")).to_be_visible()
            expect(ada.page.locator("#badge")).to_have_text("1 unread")
            expect(ada.page.locator("#figures")).to_contain_text("Created")
            ada.page.goto("/notifications")
            expect(ada.page.locator(".entry .row-title")).to_have_text(["Call Bob"])
            ada.page.goto("/")
            expect(ada.page.get_by_text("Your tasks can't be reached right now.")).to_be_visible()
        expect(ada.open_titles).to_have_text(["Buy milk"], timeout=SLOW_MS)
        expect(ada.page.get_by_text("Your tasks can't be reached right now.")).to_have_count(0)


class TestOtherServicesGone:
    def test_cost_only_what_they_show(self, ada: BrowserUser, mended: Stack) -> None:
        gone = [*find_app_pids(mended.folder, "notification"), *find_app_pids(mended.folder, "analytics")]
        with keep_down(gone):
            ada.page.goto("/")
            ada.api("POST", "/tasks", title="Buy milk", reminders=[{"at": soon()}])
            expect(ada.open_titles).to_have_text(["Buy milk"])
            expect(ada.page.locator("#figures")).not_to_contain_text("Created")
            ada.page.goto("/notifications")
            expect(ada.page.get_by_text("Notifications can't be reached right now.")).to_be_visible()
        expect(ada.page.locator(".entry .row-title")).to_have_text(["Buy milk"], timeout=SLOW_MS)
