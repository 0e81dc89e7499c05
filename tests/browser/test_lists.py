"""Keeping projects and labels, and the manual order: by mouse, by keyboard, without JavaScript."""

from playwright.sync_api import expect

from tests.browser.conftest import SignUp
from tests.browser.person import BrowserUser


def ordered(ada: BrowserUser) -> None:
    """A project with three tasks, on its page."""
    project = ada.api("POST", "/projects", name="Flat")["id"]
    for title in ("First", "Second", "Third"):
        ada.api("POST", "/tasks", title=title, project_id=project)
    ada.page.goto(f"/?project={project}")
    expect(ada.open_titles).to_have_text(["First", "Second", "Third"])


class TestProjects:
    def test_are_renamed_archived_and_deleted(self, ada: BrowserUser) -> None:
        ada.api("POST", "/projects", name="Flat")
        ada.page.goto("/lists")
        ada.page.get_by_label("Name of project Flat").fill("House")
        ada.page.get_by_label("Colour of project Flat").select_option("Green")
        ada.page.get_by_role("button", name="Save project Flat").click()
        expect(ada.page.get_by_text("Saved.")).to_be_visible()
        expect(ada.page.get_by_role("link", name="House")).to_be_visible()
        ada.page.get_by_label("Archived: House").check()
        ada.page.get_by_role("button", name="Save project House").click()
        expect(ada.page.get_by_role("link", name="House")).to_have_count(0)
        ada.page.get_by_role("button", name="Delete project House").click()
        expect(ada.page.get_by_text("Removed.")).to_be_visible()
        assert ada.api("GET", "/projects")["items"] == []
        ada.page.get_by_role("button", name="Undo").click()
        expect(ada.page.get_by_role("heading", name="House")).to_be_visible()


class TestLabels:
    def test_are_renamed_on_every_task_and_deleted(self, ada: BrowserUser) -> None:
        ada.api("POST", "/tasks", title="Buy milk", labels=["home"])
        ada.page.goto("/lists")
        ada.page.get_by_label("Name of label home").fill("house")
        ada.page.get_by_role("button", name="Save label home").click()
        expect(ada.page.get_by_text("Saved.")).to_be_visible()
        assert ada.stored("Buy milk")["labels"] == ["house"]
        ada.page.get_by_role("button", name="Delete label house").click()
        expect(ada.page.get_by_role("heading", name="Take the label “house” off 1 task?")).to_be_visible()
        ada.page.get_by_role("button", name="Delete").click()
        expect(ada.page.get_by_text("Removed.")).to_be_visible()
        assert ada.stored("Buy milk")["labels"] == []

    def test_say_that_a_name_is_taken(self, ada: BrowserUser) -> None:
        for name in ("home", "work"):
            ada.api("POST", "/labels", name=name)
        ada.page.goto("/lists")
        ada.page.get_by_label("Name of label home").fill("Work")
        ada.page.get_by_role("button", name="Save label home").click()
        expect(ada.page.get_by_role("alert")).to_contain_text(
            "A label with this name already exists: “work”."
        )


class TestOrder:
    def test_is_changed_by_buttons_which_keep_the_focus(self, ada: BrowserUser) -> None:
        ordered(ada)
        down = ada.page.get_by_role("button", name="Move down: First")
        down.focus()
        ada.page.keyboard.press("Enter")
        expect(ada.open_titles).to_have_text(["Second", "First", "Third"])
        expect(down).to_be_focused()
        ada.page.keyboard.press("Enter")
        expect(ada.open_titles).to_have_text(["Second", "Third", "First"])
        expect(ada.row("First").get_by_role("link")).to_be_focused()
        ada.page.reload()
        expect(ada.open_titles).to_have_text(["Second", "Third", "First"])

    def test_is_changed_by_keys(self, ada: BrowserUser) -> None:
        ordered(ada)
        ada.row("Third").get_by_role("link").focus()
        ada.page.keyboard.press("Shift+K")
        expect(ada.open_titles).to_have_text(["First", "Third", "Second"])
        expect(ada.row("Third").get_by_role("link")).to_be_focused()
        ada.page.keyboard.press("Shift+J")
        expect(ada.open_titles).to_have_text(["First", "Second", "Third"])

    def test_is_changed_by_dragging(self, ada: BrowserUser) -> None:
        ordered(ada)
        handle = ada.row("Third").locator("[data-handle]")
        handle.drag_to(ada.row("First"), target_position={"x": 60, "y": 4})
        expect(ada.open_titles).to_have_text(["Third", "First", "Second"])

    def test_is_changed_without_javascript(self, sign_up: SignUp) -> None:
        ada = sign_up(java_script_enabled=False)
        ordered(ada)
        ada.page.get_by_role("button", name="Move up: Second").click()
        expect(ada.page.get_by_role("status").filter(has_text="Moved.")).to_be_visible()
        expect(ada.open_titles).to_have_text(["Second", "First", "Third"])


class TestWeekStart:
    def test_is_chosen_in_the_account(self, ada: BrowserUser) -> None:
        ada.page.goto("/account")
        ada.page.get_by_label("The week starts on").select_option("Sunday")
        ada.page.get_by_role("button", name="Save").click()
        expect(ada.page.get_by_text("Saved.")).to_be_visible()
        expect(ada.page.get_by_label("The week starts on")).to_have_value("sunday")
        now = "2026-11-24T10:30:00Z"
        body = {"quick": "x next week", "now": now, "time_zone": "Europe/Berlin"}
        assert ada.api("POST", "/tasks/parse", **body)["task"]["due_date"] == "2026-11-29"
