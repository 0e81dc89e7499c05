"""How a task repeats: seen in words with the next dates, changed, skipped, ended, and each taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import SignUp
from tests.browser.person import BrowserUser
from tests.browser.test_accessibility import THEMES, overflow, violations

WIDTHS = (1280, 390)


def open_repeating(ada: BrowserUser, **fields: object) -> str:
    """The page of a task that repeats every week; returns its id."""
    known = {
        "title": "Water plants",
        "due_date": "2099-01-05",
        "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO"},
    }
    id: str = ada.api("POST", "/tasks", **known | fields)["id"]
    ada.page.goto(f"/tasks/{id}/repeat")
    return id


def next_dates(ada: BrowserUser) -> Locator:
    return ada.page.locator(".dates time")


def expect_next(ada: BrowserUser, *days: str) -> None:
    for number, day in enumerate(days):
        expect(next_dates(ada).nth(number)).to_have_attribute("datetime", day)


class TestRepetition:
    def test_is_reached_from_the_task_and_seen_in_words_with_its_dates(self, ada: BrowserUser) -> None:
        id = open_repeating(ada)
        ada.page.goto(f"/tasks/{id}/edit")
        expect(ada.page.get_by_text("Every week on Mon")).to_be_visible()
        expect_next(ada, "2099-01-12", "2099-01-19")
        ada.page.get_by_role("link", name="Change how it repeats").click()
        expect(ada.page.get_by_role("heading", name="Repeat", exact=True)).to_be_visible()
        expect(ada.page.get_by_text("Every week on Mon")).to_be_visible()

    def test_is_changed_in_fields_and_in_words(self, ada: BrowserUser) -> None:
        id = open_repeating(ada)
        ada.page.get_by_label("Every", exact=True).fill("2")
        ada.page.get_by_role("checkbox", name="Thursday").check()
        ada.save()
        expect(ada.page.get_by_text("Saved.")).to_be_visible()
        expect(ada.page.get_by_text("Every 2 weeks on Mon, Thu")).to_be_visible()
        assert ada.api("GET", f"/tasks/{id}")["recurrence"]["rule"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"
        ada.page.get_by_label("In words").fill("every month on the 31st")
        ada.save()
        expect(ada.page.get_by_text("Every month on the 31st").first).to_be_visible()

    def test_says_what_it_did_not_understand(self, ada: BrowserUser) -> None:
        open_repeating(ada)
        ada.page.get_by_label("In words").fill("every blue moon")
        ada.save()
        expect(ada.page.get_by_text("This text contains no repetition.")).to_be_visible()
        expect(ada.page.get_by_label("In words")).to_have_value("every blue moon")

    @pytest.mark.parametrize("javascript", [True, False])
    def test_is_skipped_once_and_that_is_taken_back(self, sign_up: SignUp, javascript: bool) -> None:
        ada = sign_up(java_script_enabled=javascript)
        id = open_repeating(ada)
        ada.page.get_by_role("button", name="Skip this one").click()
        expect(ada.page.get_by_text("Skipped: the task has moved to its next date.")).to_be_visible()
        expect_next(ada, "2099-01-19", "2099-01-26")
        assert ada.api("GET", f"/tasks/{id}")["due_date"] == "2099-01-12"
        ada.page.get_by_role("button", name="Undo").click()
        expect(ada.page.get_by_text("Taken back.")).to_be_visible()
        expect_next(ada, "2099-01-12", "2099-01-19")
        assert ada.api("GET", f"/tasks/{id}")["due_date"] == "2099-01-05"

    def test_is_ended_and_that_is_taken_back(self, ada: BrowserUser) -> None:
        id = open_repeating(ada)
        ada.page.get_by_role("button", name="Stop repeating").click()
        expect(ada.page.get_by_text("This task does not repeat any more.")).to_be_visible()
        assert ada.api("GET", f"/tasks/{id}")["recurrence"] is None
        ada.page.get_by_role("button", name="Undo").click()
        expect(ada.page.get_by_text("Every week on Mon")).to_be_visible()
        expect_next(ada, "2099-01-12")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
class TestThePage:
    def test_fits_and_axe_finds_nothing(
        self, sign_up: SignUp, tmp_path: Path, theme: str, width: int
    ) -> None:
        ada = sign_up(color_scheme=theme, viewport={"width": width, "height": 900})
        open_repeating(ada)
        closed = ada.page.locator("details:not([open]) > summary:visible")
        while closed.count():
            closed.first.click()
        ada.page.screenshot(path=tmp_path / f"repeat-{width}-{theme}.png", full_page=True)
        assert overflow(ada.page) <= 0
        assert violations(ada.page) == []
