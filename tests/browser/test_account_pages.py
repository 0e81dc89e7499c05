"""Import with a preview, exports, the calendar address, usage, and the end of an account."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenBrowser, SignUp
from tests.browser.person import BrowserUser
from tests.browser.test_accessibility import THEMES, overflow, violations

CSV = "Task Name,Due Date,Labels\n" + "".join(f"Task {number},2099-01-05,home\n" for number in range(1, 26))
PAGES = ("/account", "/account/import", "/account/calendar", "/account/delete", "/settings")


def upload(ada: BrowserUser, content: str = CSV) -> None:
    ada.page.goto("/account")
    ada.page.get_by_role("link", name="Import and export").click()
    file: Any = {"name": "tasks.csv", "mimeType": "text/csv", "buffer": content.encode()}
    ada.page.get_by_label("File").set_input_files(file)
    ada.page.get_by_role("button", name="Show what it would add").click()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
class TestAnImport:
    def test_is_previewed_confirmed_and_comes_in(self, sign_up: SignUp, script: bool) -> None:
        ada = sign_up(java_script_enabled=script)
        upload(ada)
        expect(ada.page.get_by_text("25 tasks would be added")).to_be_visible()
        expect(ada.page.get_by_role("heading", name="The first 20 tasks")).to_be_visible()
        assert ada.api("GET", "/tasks")["items"] == []
        ada.page.get_by_role("button", name="Import 25 tasks").click()
        over = ada.page.get_by_role("heading", name="Import finished")
        if not script:
            while not over.count():
                ada.page.get_by_role("link", name="Look again").click()
        expect(over).to_be_visible()
        expect(ada.page.get_by_text("25 tasks added")).to_be_visible()
        assert len(ada.api("GET", "/tasks?limit=50")["items"]) == 25
        upload(ada)
        expect(ada.page.get_by_text("25 tasks of this file are here already")).to_be_visible()

    def test_of_a_file_that_is_none_says_why(self, sign_up: SignUp, script: bool) -> None:
        ada = sign_up(java_script_enabled=script)
        upload(ada, "{]")
        expect(ada.page.get_by_role("alert")).to_be_visible()


class TestTheCalendarAddress:
    def test_is_made_copied_read_renewed_and_closed(self, sign_up: SignUp, open_browser: OpenBrowser) -> None:
        ada = sign_up(permissions=["clipboard-read", "clipboard-write"])
        project = ada.api("POST", "/projects", name="Flat")["id"]
        ada.api("POST", "/tasks", title="In Flat", due_date="2099-01-05", project_id=project)
        ada.api("POST", "/tasks", title="Outside", due_date="2099-01-05")
        ada.page.goto("/account/calendar")
        ada.page.get_by_role("button", name="Make an address").click()
        first = ada.page.get_by_label("Open tasks that have a date", exact=True).input_value()
        ada.page.get_by_role("button", name="Copy: Open tasks that have a date").click()
        expect(ada.page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
        assert ada.page.evaluate("navigator.clipboard.readText()") == first
        ada.page.get_by_text("Only a part of them").click()
        of_project = ada.page.get_by_label("Only the project “Flat”", exact=True).input_value()
        program = open_browser().request
        calendar = program.get(path_of(of_project)).text()
        assert "In Flat" in calendar
        assert "Outside" not in calendar
        ada.page.get_by_role("button", name="Make a new one").click()
        second = ada.page.get_by_label("Open tasks that have a date", exact=True).input_value()
        assert [program.get(path_of(url)).status for url in (first, second)] == [404, 200]
        ada.page.get_by_role("button", name="Close it").click()
        expect(ada.page.get_by_text("The address is closed.")).to_be_visible()
        assert program.get(path_of(second)).status == 404


def path_of(url: str) -> str:
    """Without the host, which is that of a deployment."""
    return "/api/v1" + url.partition("/api/v1")[2]


class TestTheEndOfAnAccount:
    def test_comes_by_typing_the_address(self, ada: BrowserUser) -> None:
        ada.page.goto("/account")
        ada.page.get_by_role("link", name="Delete the account").click()
        typed = ada.page.get_by_label(f"Type {ada.email} to confirm")
        typed.fill("yes")
        ada.page.get_by_role("button", name="Delete my account").click()
        expect(ada.page.get_by_text("Nothing was deleted.")).to_be_visible()
        typed.fill(ada.email)
        ada.page.get_by_role("button", name="Delete my account").click()
        expect(ada.page.get_by_role("heading", name="The account is deleted")).to_be_visible()
        ada.page.goto("/sign-in")
        ada.sign_in(ada.page)
        expect(ada.page.get_by_role("alert")).to_be_visible()


class TestExports:
    def test_are_files(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.page.goto("/account/import")
        for name in ("JSON", "CSV", "iCalendar"):
            with ada.page.expect_download() as found:
                ada.page.get_by_role("link", name=f"Tasks as {name}").click()
            assert "Buy milk" in Path(found.value.path()).read_text()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 390])
class TestThePages:
    def test_fit_and_axe_finds_nothing(self, sign_up: SignUp, tmp_path: Path, theme: str, width: int) -> None:
        ada = sign_up(color_scheme=theme, viewport={"width": width, "height": 900})
        for path in PAGES:
            ada.page.goto(path)
            look(ada, tmp_path / f"{path.replace('/', '-')}-{width}-{theme}.png")
        upload(ada)
        look(ada, tmp_path / f"-preview-{width}-{theme}.png")


def look(ada: BrowserUser, picture: Path) -> None:
    ada.page.screenshot(path=picture, full_page=True)
    assert overflow(ada.page) <= 0, picture.name
    assert violations(ada.page) == [], picture.name
