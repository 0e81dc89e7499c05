"""API tokens on their page: made, seen once, copied, used, revoked."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenBrowser, SignUp
from tests.browser.person import BrowserUser
from tests.system.waiting import until

PATIENCE_SECONDS = 10


def make(ada: BrowserUser, name: str, *scopes: str) -> str:
    """The new token, as the page shows it."""
    ada.page.goto("/account")
    ada.page.get_by_role("link", name="API tokens").click()
    ada.page.get_by_label("What is it for?").fill(name)
    for scope in scopes:
        ada.page.get_by_role("checkbox", name=scope).check()
    ada.page.get_by_role("button", name="Make token").click()
    shown = ada.page.get_by_label("Token", exact=True)
    expect(shown).to_have_value(re.compile("^todo_"))
    return shown.input_value()


def status(open_browser: OpenBrowser, token: str, path: str = "/api/v1/tasks") -> int:
    """What a program without a session is answered."""
    program = open_browser().request
    return program.get(path, headers={"authorization": f"Bearer {token}"}).status


def listed(ada: BrowserUser) -> Locator:
    return ada.page.locator(".row .row-title")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
class TestAToken:
    def test_is_made_seen_once_used_and_revoked(
        self, sign_up: SignUp, open_browser: OpenBrowser, script: bool
    ) -> None:
        ada = sign_up(java_script_enabled=script)
        token = make(ada, "backup", "tasks:read")
        assert status(open_browser, token) == 200
        assert status(open_browser, token, "/api/v1/notifications") == 403
        ada.page.goto("/account/tokens")
        expect(listed(ada)).to_have_text(["backup"])
        assert token not in ada.page.content()
        ada.page.get_by_role("button", name="Revoke backup").click()
        expect(ada.page.get_by_role("status").filter(has_text="Revoked.")).to_be_visible()
        expect(listed(ada)).to_have_count(0)
        until(lambda: status(open_browser, token), lambda status: status == 401, PATIENCE_SECONDS)

    def test_without_a_scope_is_refused_and_says_why(self, sign_up: SignUp, script: bool) -> None:
        ada = sign_up(java_script_enabled=script)
        ada.page.goto("/account/tokens")
        ada.page.get_by_label("What is it for?").fill("backup")
        ada.page.get_by_role("button", name="Make token").click()
        group = ada.page.get_by_role("group", name="What may it do?")
        expect(group).to_have_accessible_description(re.compile("Enter at least 1"))
        expect(ada.page.get_by_label("What is it for?")).to_have_value("backup")


class TestCopy:
    def test_puts_the_token_into_the_clipboard(self, sign_up: SignUp) -> None:
        ada = sign_up(permissions=["clipboard-read", "clipboard-write"])
        token = make(ada, "backup", "tasks:read")
        ada.page.get_by_role("button", name="Copy").click()
        expect(ada.page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
        assert ada.page.evaluate("navigator.clipboard.readText()") == token

    def test_selects_the_token_where_there_is_no_clipboard(self, sign_up: SignUp) -> None:
        ada = sign_up()
        token = make(ada, "backup", "tasks:read")
        ada.page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        ada.page.get_by_role("button", name="Copy").click()
        expect(ada.page.get_by_role("status").filter(has_text="It is selected")).to_be_visible()
        assert ada.page.evaluate("getSelection().toString() || document.activeElement.value") == token
