"""What is written, made or moved doesn't vanish without a word."""

import logging

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SignUp
from tests.browser.person import BrowserUser

MANY = 500
LONG_MS = 60_000
LARGEST_ANSWER = 20_000
"""Bytes; the whole list has some hundred thousand."""


class TestANewProject:
    def test_is_beside_the_tasks_here_and_in_another_tab(
        self, ada: BrowserUser, edges: tuple[str, str]
    ) -> None:
        other = ada.second_tab(edges[1])
        ada.page.get_by_label("New project").fill("Flat")
        ada.page.get_by_role("button", name="Add project").click()
        for page in (ada.page, other.page):
            expect(page.locator("#lists").get_by_role("link", name="Flat")).to_be_visible()


class TestATaskOfAnotherList:
    def test_is_told_with_the_way_to_it(self, ada: BrowserUser) -> None:
        ada.api("POST", "/projects", name="Flat")
        ada.page.goto("/?list=today")
        ada.new_task.fill("Paint the door +Flat tomorrow")
        ada.new_task.press("Enter")
        expect(ada.toast).to_contain_text("It isn't shown in this list.")
        ada.toast.get_by_role("link", name="Show Flat").click()
        expect(ada.open_titles).to_have_text(["Paint the door"])


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
class TestASubtask:
    def test_is_understood_like_a_task_and_the_next_can_be_typed(self, sign_up: SignUp, script: bool) -> None:
        ada = sign_up(java_script_enabled=script)
        id = ada.api("POST", "/tasks", title="Move house")["id"]
        ada.page.goto(f"/tasks/{id}/edit")
        field = ada.page.get_by_label("New subtask")
        for title in ("Call Bob", "Pack"):
            field.fill(f"{title} 2099-01-05 !4")
            field.press("Enter")
            expect(ada.page.locator("#subtasks .row-title").filter(has_text=title)).to_be_visible()
            expect(field).to_be_focused()
            expect(field).to_have_value("")
        made = ada.stored("Call Bob")
        assert (made["parent_id"], made["due_date"], made["priority"]) == (id, "2099-01-05", 4)


class TestATaskOfATrashedProject:
    def test_says_where_it_goes(self, ada: BrowserUser) -> None:
        project = ada.api("POST", "/projects", name="Flat")["id"]
        for title in ("Alone", "Together"):
            task = ada.api("POST", "/tasks", title=title, project_id=project)["id"]
            ada.api("DELETE", f"/tasks/{task}")
        ada.api("DELETE", f"/projects/{project}")
        ada.page.goto("/trash")
        expect(
            ada.page.get_by_text("In the project “Flat”, which is in the trash, too").first
        ).to_be_visible()
        ada.page.get_by_role("button", name="Restore alone: Alone").click()
        expect(ada.page.get_by_text("Restored, but not where it was")).to_be_visible()
        assert ada.stored("Alone")["project_id"] is None
        ada.page.get_by_role("button", name="Restore with its project: Together").click()
        expect(ada.page.get_by_text("Restored.", exact=True)).to_be_visible()
        assert ada.stored("Together")["project_id"] == project


class TestTheThirdToast:
    def test_leaves_each_undo(self, ada: BrowserUser) -> None:
        titles = ["One", "Two", "Three", "Four"]
        for title in titles:
            ada.add(title)
        for title in titles:
            ada.complete(title)
            expect(ada.toast).to_contain_text(f"Completed “{title}”")
        first = ada.page.locator("#toasts .toast").filter(has_text="Completed “One”")
        first.get_by_role("button", name="Undo").click()
        expect(ada.open_titles).to_have_text(["One"])
        expect(first).to_have_count(0)
        for title in titles[1:]:
            toast = ada.page.locator("#toasts .toast").filter(has_text=f"Completed “{title}”")
            expect(toast.get_by_role("button", name="Undo")).to_have_count(1)


class TestUnsavedNotes:
    def test_are_there_again_after_leaving(self, ada: BrowserUser) -> None:
        id = ada.api("POST", "/tasks", title="Buy milk")["id"]
        ada.page.goto(f"/tasks/{id}/edit")
        ada.page.get_by_label("Notes").fill("a long thought")
        ada.page.on("dialog", lambda dialog: dialog.accept())
        ada.page.goto("/")
        ada.page.goto(f"/tasks/{id}/edit")
        expect(ada.page.get_by_label("Notes")).to_have_value("a long thought")
        expect(ada.page.get_by_text("This is what you had written and not saved.")).to_be_visible()
        ada.save()
        assert ada.stored("Buy milk")["notes"] == "a long thought"


class TestFiveHundredTasks:
    def test_are_not_sent_for_one(self, ada: BrowserUser) -> None:
        commands = [
            {"uuid": f"{number:08}", "type": "task.create", "body": {"title": f"Task {number:03}"}}
            for number in range(MANY)
        ]
        for start in range(0, MANY, 100):
            ada.api("POST", "/batch", commands=commands[start : start + 100])
        ada.page.goto(f"/?shown={MANY}", timeout=LONG_MS)
        expect(ada.open_titles).to_have_count(MANY)
        with ada.page.expect_response(lambda found: "/complete" in found.url) as answered:
            ada.complete("Task 250")
        size = len(answered.value.body())
        logging.getLogger(__name__).warning("one completion among %d tasks: %d bytes", MANY, size)
        assert size < LARGEST_ANSWER
