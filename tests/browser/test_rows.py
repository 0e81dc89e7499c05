"""A change of one task in a long list is a change of one row, on this page and on every other open one."""

from typing import Any

from playwright.sync_api import Page, Response, expect

from tests.browser.person import BrowserUser

LONG = 120
LARGEST_ANSWER = 20_000
"""Bytes before compression; a list of this length has more than 200,000."""


def fill(ada: BrowserUser) -> None:
    commands = [
        {"uuid": f"{number:08}", "type": "task.create", "body": {"title": f"Task {number:03}"}}
        for number in range(LONG)
    ]
    for start in range(0, LONG, 60):
        ada.api("POST", "/batch", commands=commands[start : start + 60])
    ada.page.goto("/?shown=200")
    expect(ada.open_titles).to_have_count(LONG)


def listen(page: Page) -> list[tuple[str, int]]:
    """What the page gets of tasks from now on: paths and sizes."""
    got: list[tuple[str, int]] = []

    def note(response: Response) -> None:
        if (
            response.status == 200
            and "/api/" not in response.url
            and response.request.resource_type == "fetch"
        ):
            got.append((response.url, len(response.text())))

    page.on("response", note)
    return got


def rows(page: Page) -> Any:
    return page.evaluate("[...document.querySelectorAll('#open > li, #done > li')].map((row) => row.id)")


class TestALongList:
    def test_is_not_sent_again_for_one_task(self, ada: BrowserUser) -> None:
        fill(ada)
        other = ada.second_tab()
        other.page.goto("/?shown=200")
        expect(other.open_titles).to_have_count(LONG)
        wait_until_idle(ada.page)
        wait_until_idle(other.page)
        mine, theirs = listen(ada.page), listen(other.page)
        ada.complete("Task 060")
        ada.complete("Task 030")
        for page in (ada.page, other.page):
            expect(page.locator("#done .row")).to_have_count(2)
            expect(page.locator("#open .row")).to_have_count(LONG - 2)
            expect(page.locator("#open-title .count")).to_have_text(str(LONG - 2))
            expect(page.locator("#done-details")).to_be_visible()
        ada.toast.get_by_role("button", name="Undo").click()
        ada.api("POST", "/tasks", title="From elsewhere")
        ada.api("PATCH", f"/tasks/{ada.stored('Task 100')['id']}", title="Another title")
        ada.api("DELETE", f"/tasks/{ada.stored('Task 090')['id']}")
        for page in (ada.page, other.page):
            expect(page.locator("#open .row-title").first).to_have_text("From elsewhere")
            expect(page.get_by_text("Another title")).to_be_visible()
            expect(page.get_by_text("Task 090", exact=True)).to_have_count(0)
            expect(page.locator("#done .row")).to_have_count(1)
        before = rows(ada.page), rows(other.page)
        assert [size for _, size in mine + theirs if size > LARGEST_ANSWER] == []
        assert mine
        assert theirs
        ada.page.reload()
        expect(ada.open_titles).to_have_count(LONG - 1)
        assert before == (rows(ada.page), rows(ada.page))

    def test_is_not_sent_again_for_coming_back(self, ada: BrowserUser) -> None:
        fill(ada)
        ada.complete("Task 060")
        expect(ada.page.get_by_label("Reopen: Task 060")).to_be_attached()
        wait_until_idle(ada.page)
        assert come_back(ada.page) == 204


def come_back(page: Page) -> int:
    """Hides the page and shows it again; the status of what it hears of its list."""
    with page.expect_response(lambda found: "have=" in found.url) as answered:
        page.evaluate("""() => {
            for (const state of ["hidden", "visible"]) {
                Object.defineProperty(document, "visibilityState", {get: () => state, configurable: true});
                document.dispatchEvent(new Event("visibilitychange"));
            }
        }""")
    return answered.value.status


def wait_until_idle(page: Page) -> None:
    """Waits until the page has heard of all that happened before.

    A question for the whole list, asked before a change and answered after it, rightly brings the list.
    """
    come_back(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    seen = -1
    while seen != len(requests):
        seen = len(requests)
        page.wait_for_timeout(1500)
