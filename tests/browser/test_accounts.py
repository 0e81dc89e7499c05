"""Sign up, sign in, sign out, and the account page."""

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from frontend_service.gateway.sessions import COOKIE, Sessions, encryption_key
from playwright.sync_api import expect

from devstack.credentials import ensure_secrets
from devstack.stack import Stack
from servicekit.dapr.sidecar import Sidecar
from tests.browser.conftest import OpenBrowser, SignUp
from tests.browser.person import PASSWORD, BrowserUser


class TestSignUp:
    def test_knows_the_time_zone_of_the_browser(self, ada: BrowserUser) -> None:
        ada.page.goto("/account")
        expect(ada.page.get_by_label("Time zone")).to_have_value("Europe/Berlin")

    def test_says_what_is_wrong_and_keeps_the_rest(self, ada: BrowserUser, open_browser: OpenBrowser) -> None:
        page = open_browser().new_page()
        page.goto("/sign-up")
        page.get_by_label("Name").fill("Bob")
        page.get_by_label("E-mail").fill(ada.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("alert")).to_have_text("An account with this e-mail address already exists")
        expect(page.get_by_label("Name")).to_have_value("Bob")
        expect(page.get_by_label("Password")).to_have_value("")
        page.get_by_label("E-mail").evaluate("field => field.type = 'text'")
        page.get_by_label("E-mail").fill("not an address")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_label("E-mail")).to_have_accessible_description(re.compile("@-sign"))


class TestSignIn:
    def test_leads_to_the_page_that_was_asked_for(self, ada: BrowserUser, open_browser: OpenBrowser) -> None:
        page = open_browser().new_page()
        page.goto("/notifications?shown=50")
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
        ada.sign_in(page)
        expect(page).to_have_url(re.compile(r"/notifications\?shown=50$"))

    def test_leads_to_no_other_site(self, ada: BrowserUser, open_browser: OpenBrowser) -> None:
        page = open_browser().new_page()
        page.goto("/sign-in?next=//example.org/")
        ada.sign_in(page)
        expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()

    def test_refuses_a_wrong_password(self, ada: BrowserUser, open_browser: OpenBrowser) -> None:
        page = open_browser().new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(ada.email)
        page.get_by_label("Password").fill("wrong password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("E-mail address or password is wrong")
        expect(page.get_by_label("E-mail")).to_have_value(ada.email)


class TestSignOut:
    def test_ends_the_session_in_other_tabs_too(self, ada: BrowserUser) -> None:
        other = ada.second_tab()
        ada.page.get_by_role("button", name="Sign out").click()
        expect(ada.page.get_by_role("heading", name="Welcome back")).to_be_visible()
        expect(other.page.get_by_role("heading", name="Welcome back")).to_be_visible()


class TestASessionThatRunsOut:
    def test_is_renewed_once_for_everything_that_asks_at_once(self, ada: BrowserUser, stack: Stack) -> None:
        for _ in range(2):
            self._expire(ada, stack)
            responses = ada.page.evaluate("""() => Promise.all([..."123456"].map(async () => {
                const answer = await fetch("/account");
                return [answer.status, answer.redirected];
            }))""")
            assert responses == [[200, False]] * 6
        ada.page.reload()
        ada.add("Buy milk")

    def _expire(self, ada: BrowserUser, stack: Stack) -> None:
        """The same session with an access token that is said to have expired long ago."""
        sessions = Sessions(encryption_key(ensure_secrets(stack.folder)["session"]["key"]), False, Sidecar(1))
        context = ada.page.context
        cookie = next(cookie for cookie in context.cookies() if cookie["name"] == COOKIE)
        session = sessions.open(f"{COOKIE}={cookie['value']}")
        assert session is not None
        stale = sessions.set_cookie(replace(session, expires_at=0))
        value = stale.partition("=")[2].partition(";")[0]
        context.add_cookies([{"name": COOKIE, "value": value, "url": ada.page.url}])


class TestAccount:
    def test_changes_name_and_time_zone(self, ada: BrowserUser) -> None:
        ada.api(
            "POST", "/tasks", title="Call", due_date="2031-05-06", due_time="12:00", time_zone="Europe/Berlin"
        )
        expect(ada.row("Call")).to_contain_text("6 May 2031, 12:00")
        ada.page.goto("/account")
        ada.page.get_by_label("Name").fill("Ada Lovelace")
        ada.page.get_by_label("Time zone").select_option("Asia/Tokyo")
        ada.page.get_by_role("button", name="Save").click()
        expect(ada.page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        expect(ada.page.get_by_label("Name")).to_have_value("Ada Lovelace")
        ada.page.goto("/")
        expect(ada.row("Call")).to_contain_text("6 May 2031, 19:00")

    def test_shows_what_was_changed_elsewhere(self, ada: BrowserUser) -> None:
        ada.page.goto("/account")
        ada.api("PATCH", "/users/me", name="Ada King", time_zone="Asia/Tokyo")
        ada.page.get_by_label("Name").fill("Ada Lovelace")
        ada.page.get_by_role("button", name="Save").click()
        expect(ada.page.get_by_text("Changed elsewhere to: Ada King")).to_be_visible()
        expect(ada.page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
        ada.page.get_by_role("button", name="Save").click()
        expect(ada.page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        assert ada.api("GET", "/users/me")["name"] == "Ada Lovelace"


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
class TestTheExport:
    def test_is_a_file_with_everything(self, sign_up: SignUp, tmp_path: Path, script: bool) -> None:
        ada = sign_up(java_script_enabled=script)
        ada.add("Buy milk")
        ada.page.goto("/account")
        with ada.page.expect_download() as begun:
            ada.page.get_by_role("link", name="Export everything").click()
        assert begun.value.suggested_filename.startswith("todo-")
        begun.value.save_as(tmp_path / "export.zip")
        with zipfile.ZipFile(tmp_path / "export.zip") as archive:
            tasks = json.loads(archive.read("tasks.json"))["tasks"]
        assert [task["title"] for task in tasks] == ["Buy milk"]


class TestTheTheme:
    def test_follows_the_button_and_is_remembered(self, ada: BrowserUser) -> None:
        root = ada.page.locator("html")
        ada.page.get_by_role("button", name="Theme: as the system").click()
        expect(root).to_have_css("color-scheme", "dark")
        ada.page.reload()
        expect(root).to_have_css("color-scheme", "dark")
        ada.page.get_by_role("button", name="Theme: dark").click()
        expect(root).to_have_css("color-scheme", "light")
        ada.page.get_by_role("button", name="Theme: light").click()
        ada.page.reload()
        expect(root).to_have_css("color-scheme", "light dark")
