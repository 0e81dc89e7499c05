"""Somebody in front of the browser: what one sees and does, in the words of the pages."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.system.reminding import LEAD_SECONDS, soon

PASSWORD = "correct horse battery"
REMINDED_MS = 30_000
"""In which what `BrowserUser.remind` asks for is there for sure."""


@dataclass(frozen=True, slots=True)
class BrowserUser:
    """A user who looks at `page`."""

    page: Page
    email: str

    @classmethod
    def sign_up(cls, page: Page, name: str) -> "BrowserUser":
        person = cls(page, f"{uuid4().hex[:12]}@example.org")
        page.goto("/sign-up")
        page.get_by_label("Name").fill(name)
        page.get_by_label("E-mail").fill(person.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
        page.wait_for_load_state("domcontentloaded")  # the heading is there before the scripts listen
        return person

    def sign_in(self, page: Page) -> "BrowserUser":
        page.get_by_label("E-mail").fill(self.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        return BrowserUser(page, self.email)

    def second_tab(self, edge: str = "") -> "BrowserUser":
        """The same session in another tab; `edge` chooses the frontend."""
        page = self.page.context.new_page()
        page.goto(f"{edge}/")
        return BrowserUser(page, self.email)

    @property
    def new_task(self) -> Locator:
        return self.page.get_by_label("New task")

    @property
    def open_titles(self) -> Locator:
        return self.page.locator("#open .row-title")

    @property
    def done_titles(self) -> Locator:
        return self.page.locator("#done .row-title")

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toasts .toast").last

    def row(self, title: str) -> Locator:
        return self.page.locator("#tasks .row").filter(has_text=title)

    def add(self, title: str) -> None:
        self.new_task.fill(title)
        self.new_task.press("Enter")
        expect(self.row(title)).to_be_visible()

    def complete(self, title: str) -> None:
        self.page.get_by_role("button", name=f"Complete: {title}").click()

    def delete(self, title: str) -> None:
        self.row(title).hover()
        self.page.get_by_role("button", name=f"Delete: {title}").click()

    def edit(self, title: str) -> None:
        self.row(title).get_by_role("link").click()
        expect(self.page.get_by_label("Title")).to_be_focused()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").first.click()

    def api(self, method: str, path: str, **fields: Any) -> Any:
        """The API, with the session of this browser."""
        response = self.page.context.request.fetch(f"/api/v1{path}", method=method, data=fields or None)
        assert response.ok, response.text()
        return response.json() if response.text() else None

    def remind(self, title: str) -> None:
        """A reminder of one's own that comes in some seconds."""
        self.api("POST", "/reminders", title=title, at=soon(LEAD_SECONDS))

    def stored(self, title: str) -> dict[str, Any]:
        """The task with this title, as the API gives it."""
        found: list[dict[str, Any]] = self.api("GET", "/tasks")["items"]
        return next(task for task in found if task["title"] == title)
