"""Two edit the same task: nothing is overwritten unseen, nothing typed is lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.person import BrowserUser


@pytest.fixture
def editing(ada: BrowserUser) -> BrowserUser:
    """Ada is about to edit a task."""
    ada.api("POST", "/tasks", title="Buy milk", notes="two bottles")
    expect(ada.row("Buy milk")).to_be_visible()
    ada.edit("Buy milk")
    return ada


class TestTheSameField:
    def test_shows_both_and_lets_her_keep_hers(self, editing: BrowserUser) -> None:
        self._change_elsewhere(editing)
        expect(editing.page.get_by_role("alert")).to_contain_text("was changed elsewhere")
        expect(editing.page.get_by_text("Changed elsewhere to: Buy soy milk")).to_be_visible()
        expect(editing.page.get_by_label("Title")).to_have_value("Buy oat milk")
        editing.save()
        expect(editing.open_titles).to_have_text(["Buy oat milk"])
        assert editing.stored("Buy oat milk")["notes"] == "two bottles"

    def test_lets_her_use_the_other_value(self, editing: BrowserUser) -> None:
        self._change_elsewhere(editing)
        editing.page.get_by_role("button", name="Use this").click()
        expect(editing.page.get_by_label("Title")).to_have_value("Buy soy milk")
        editing.save()
        expect(editing.open_titles).to_have_text(["Buy soy milk"])

    def test_lets_her_keep_the_other_version(self, editing: BrowserUser) -> None:
        self._change_elsewhere(editing)
        editing.page.get_by_role("button", name="Keep the other version").click()
        expect(editing.open_titles).to_have_text(["Buy soy milk"])
        assert editing.stored("Buy soy milk")["version"] == 2

    def _change_elsewhere(self, editing: BrowserUser) -> None:
        other = editing.second_tab()
        other.edit("Buy milk")
        other.page.get_by_label("Title").fill("Buy soy milk")
        other.save()
        expect(other.open_titles).to_have_text(["Buy soy milk"])
        editing.page.get_by_label("Title").fill("Buy oat milk")
        editing.save()


class TestDifferentFields:
    def test_are_brought_together(self, editing: BrowserUser) -> None:
        editing.api("PATCH", f"/tasks/{editing.stored('Buy milk')['id']}", notes="three bottles", priority=4)
        editing.page.get_by_label("Title").fill("Buy oat milk")
        editing.save()
        expect(editing.row("Buy oat milk")).to_contain_text("Urgent")
        assert editing.stored("Buy oat milk")["notes"] == "three bottles"


class TestATaskDeletedMeanwhile:
    def test_can_be_restored_with_what_was_typed(self, editing: BrowserUser) -> None:
        editing.api("DELETE", f"/tasks/{editing.stored('Buy milk')['id']}")
        editing.add("Shows that the list was read again")
        editing.page.get_by_label("Title").fill("Buy oat milk")
        editing.save()
        expect(editing.page.get_by_text("This task was deleted elsewhere.")).to_be_visible()
        editing.page.get_by_role("button", name="Restore and save").click()
        expect(editing.open_titles.filter(has_text="Buy oat milk")).to_have_count(1)
        assert editing.stored("Buy oat milk")["notes"] == "two bottles"

    def test_leaves_with_cancel(self, editing: BrowserUser) -> None:
        editing.api("DELETE", f"/tasks/{editing.stored('Buy milk')['id']}")
        editing.page.get_by_role("link", name="Cancel").click()
        expect(editing.page.get_by_label("Title")).to_have_count(0)
        expect(editing.open_titles).to_have_count(0)
