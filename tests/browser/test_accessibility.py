"""axe finds nothing, in either theme; pages fit a narrow screen; targets are large enough."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from devstack.toolbox.web_assets import TEST_ASSETS
from tests.browser.conftest import OpenBrowser, SignUp
from tests.browser.person import REMINDED_MS, BrowserUser

AXE = TEST_ASSETS / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALLEST_TARGET = 24
LISTS = ("/", "/?sort=position", "/?list=today&filter=due", "/?filter=colour", "/trash", "/lists")
PLACES = ("/notifications", "/assistant", "/account", "/account/tokens", "/settings", "/nothing-there")
PATHS = (*LISTS, *PLACES)
THEMES = ("light", "dark")


SETTLED = """() => Promise.allSettled(
    document.getAnimations()
        .filter((fading) => fading.effect.getComputedTiming().iterations !== Infinity)
        .map((fading) => fading.finished))"""
"""When nothing fades in or moves any more; what pulses for ever does not count."""


def violations(page: Page) -> list[str]:
    page.evaluate(SETTLED)
    page.evaluate(Path(AXE).read_text())
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def fill(ada: BrowserUser) -> None:
    """Something of everything, so that each colour is on the page."""
    for priority in range(5):
        ada.api("POST", "/tasks", title=f"Priority {priority}", priority=priority, labels=["home"], notes="n")
    ada.api("POST", "/tasks", title="Late", due_date="2020-01-01", due_time="10:00")
    done = ada.api("POST", "/tasks", title="Over", due_date="2031-01-01")
    ada.api("POST", f"/tasks/{done['id']}/complete")
    ada.api("POST", "/projects", name="Flat", colour="#b25a00")
    ada.api("POST", "/filters", name="Urgent", filter="priority = 4")
    ada.api("POST", "/chat/messages", text="add a task by chat")
    ada.api("POST", "/tokens", name="T" * 100, scopes=["tasks:read", "account:read"])


@pytest.mark.parametrize("theme", THEMES)
class TestAxeFindsNothing:
    @pytest.mark.parametrize("path", ["/sign-up", "/sign-in"])
    def test_before_signing_in(self, open_browser: OpenBrowser, theme: str, path: str) -> None:
        page = open_browser(color_scheme=theme).new_page()
        page.goto(path)
        assert violations(page) == []

    def test_on_a_refused_form(self, open_browser: OpenBrowser, theme: str) -> None:
        page = open_browser(color_scheme=theme).new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill("nobody@example.org")
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert violations(page) == []

    def test_on_an_empty_list(self, sign_up: SignUp, theme: str) -> None:
        ada = sign_up(color_scheme=theme)
        expect(ada.page.get_by_text("Nothing here yet")).to_be_visible()
        assert violations(ada.page) == []

    def test_on_full_pages(self, sign_up: SignUp, theme: str) -> None:
        ada = sign_up(color_scheme=theme)
        fill(ada)
        ada.remind("Call Bob")
        expect(ada.page.locator("#badge")).not_to_be_empty(timeout=REMINDED_MS)
        for path in PATHS:
            ada.page.goto(path)
            closed = ada.page.locator("details:not([open]) > summary:visible")
            while closed.count():
                closed.first.click()
            assert violations(ada.page) == [], path

    def test_while_editing_with_a_conflict_a_toast_and_the_help(self, sign_up: SignUp, theme: str) -> None:
        ada = sign_up(color_scheme=theme)
        fill(ada)
        expect(ada.row("Late")).to_be_visible()
        ada.edit("Late")
        ada.api("PATCH", f"/tasks/{ada.stored('Late')['id']}", title="Later", priority=1)
        ada.page.get_by_label("Title").fill("Latest")
        ada.page.get_by_label("Priority", exact=True).select_option("Urgent")
        ada.save()
        expect(ada.page.get_by_role("button", name="Use this").first).to_be_visible()
        ada.delete("Priority 4")
        expect(ada.toast).to_be_visible()
        assert violations(ada.page) == []
        ada.page.get_by_role("button", name="Keyboard shortcuts").click()
        assert violations(ada.page) == []


class TestANarrowScreen:
    @pytest.mark.parametrize("width", [320, 360, 768])
    def test_shows_everything_without_scrolling_sideways(self, sign_up: SignUp, width: int) -> None:
        ada = sign_up(viewport={"width": width, "height": 700})
        ada.add("Buy milk")
        ada.edit("Buy milk")
        assert overflow(ada.page) <= 0
        ada.api("POST", "/tasks", title="W" * 500, labels=["L" * 100])
        for path in PATHS:
            ada.page.goto(path)
            assert overflow(ada.page) <= 0, path


class TestTargets:
    def test_are_large_enough(self, ada: BrowserUser) -> None:
        fill(ada)
        ada.page.reload()
        ada.delete("Priority 4")
        small = ada.page.evaluate(
            """least => [...document.querySelectorAll("button, a, input:not([type=hidden]), select, summary")]
                .filter((control) => control.checkVisibility() && !control.matches(".skip"))
                .filter((control) => !control.closest("p"))
                .map((control) => [control.outerHTML.slice(0, 80), control.getBoundingClientRect()])
                .filter(([, box]) => box.width < least || box.height < least)
                .map(([html]) => html)""",
            SMALLEST_TARGET,
        )
        assert small == []


class TestMotion:
    def test_is_off_for_who_asks_for_less(self, sign_up: SignUp) -> None:
        ada = sign_up(reduced_motion="reduce")
        ada.add("Buy milk")
        ada.delete("Buy milk")
        expect(ada.toast).to_be_visible()
        assert (
            float(ada.toast.evaluate("shown => parseFloat(getComputedStyle(shown).animationDuration)"))
            < 0.001
        )


class TestChanges:
    def test_are_announced(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        expect(ada.page.get_by_role("status").filter(has_text="Added “Buy milk”")).to_have_count(1)
        ada.complete("Buy milk")
        expect(ada.page.get_by_role("status").filter(has_text="Completed “Buy milk”")).to_have_count(1)
