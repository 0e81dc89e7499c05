"""The list of tasks."""

import re

from playwright.sync_api import expect

from tests.browser.person import REMINDED_MS, BrowserUser

HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    '"><a href="javascript:alert(1)">',
    "{{ 7 * 7 }} {% raw %}",
    "<hx-partial hx-target=main>gone</hx-partial>",
    "شراء الحليب \u202e reversed",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "W" * 500,
]


class TestAdding:
    def test_shows_the_task_and_is_ready_for_the_next(self, ada: BrowserUser) -> None:
        expect(ada.page.get_by_text("Nothing here yet")).to_be_visible()
        ada.add("Buy milk")
        expect(ada.new_task).to_have_value("")
        expect(ada.new_task).to_be_focused()
        expect(ada.page.get_by_text("Nothing here yet")).to_have_count(0)

    def test_takes_as_many_as_are_typed_before_the_first_answer(self, ada: BrowserUser) -> None:
        titles = [f"Task {number}" for number in range(6)]
        for title in titles:
            ada.page.keyboard.press("n")
            ada.new_task.fill(title)
            ada.new_task.press("Enter")
        expect(ada.open_titles).to_have_text(titles[::-1])

    def test_sends_the_same_form_twice_to_add_one_task(self, ada: BrowserUser) -> None:
        responses = ada.page.evaluate("""async () => {
            const form = document.querySelector("form.composer");
            form.elements.title.value = "Buy milk";
            const body = new URLSearchParams(new FormData(form));
            const send = () => fetch(form.action, {method: "POST", body});
            return (await Promise.all([send(), send()])).map((answer) => answer.status);
        }""")
        assert responses == [200, 200]
        ada.page.reload()
        expect(ada.open_titles).to_have_text(["Buy milk"])

    def test_says_why_a_title_is_refused_and_keeps_it(self, ada: BrowserUser) -> None:
        ada.new_task.evaluate("field => field.removeAttribute('maxlength')")
        ada.new_task.fill("x" * 501)
        ada.new_task.press("Enter")
        expect(ada.toast).to_contain_text("at most 500")
        expect(ada.new_task).to_have_value("x" * 501)

    def test_shows_hostile_titles_as_text(self, ada: BrowserUser) -> None:
        for title in HOSTILE:
            ada.api("POST", "/tasks", title=title)
        expect(ada.open_titles).to_have_text(HOSTILE[::-1])
        for title in HOSTILE:
            ada.row(title).get_by_role("link").click()
            expect(ada.page.get_by_label("Title", exact=True)).to_have_value(title)
            ada.page.keyboard.press("Escape")
            expect(ada.row(title)).to_be_visible()
            ada.delete(title)
            expect(ada.toast).to_contain_text(f"Deleted “{title}”")
            ada.toast.get_by_role("button", name="Dismiss").click()
        for title in HOSTILE:
            ada.remind(title)
        ada.page.goto("/notifications")
        entries = ada.page.locator(".entry .row-title")
        expect(entries).to_have_count(len(HOSTILE), timeout=REMINDED_MS)
        expect(entries.filter(has_text=HOSTILE[0])).to_have_count(1)
        expect(ada.page).not_to_have_title("owned")


class TestCompleting:
    def test_moves_the_task_to_the_done_ones(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.complete("Buy milk")
        expect(ada.open_titles).to_have_count(0)
        expect(ada.done_titles).to_have_text(["Buy milk"])
        expect(ada.page.get_by_text("All done")).to_be_visible()

    def test_can_be_undone(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.complete("Buy milk")
        ada.toast.get_by_role("button", name="Undo").click()
        expect(ada.open_titles).to_have_text(["Buy milk"])
        expect(ada.toast).to_contain_text("Reopened")

    def test_is_counted(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.complete("Buy milk")
        expect(ada.page.locator("#figures")).to_have_text(re.compile(r"Created\s*1\s*Completed\s*1"))

    def test_of_a_task_deleted_elsewhere_says_so(self, ada: BrowserUser) -> None:
        ada.page.route("**/api/v1/stream", lambda route: route.abort())
        ada.page.reload()
        ada.add("Buy milk")
        ada.api("DELETE", f"/tasks/{ada.stored('Buy milk')['id']}")
        ada.complete("Buy milk")
        expect(ada.toast).to_contain_text("That task was deleted elsewhere.")
        expect(ada.open_titles).to_have_count(0)


class TestEditing:
    def test_changes_every_field(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.edit("Buy milk")
        page = ada.page
        page.get_by_label("Title").fill("Buy oat milk")
        page.get_by_label("Notes").fill("two\nbottles")
        page.get_by_label("Due date").fill("2031-05-06")
        page.get_by_label("Time", exact=True).fill("18:30")
        page.get_by_label("Priority").select_option("High")
        page.get_by_label("Labels").fill("home, #errands, home")
        ada.save()
        row = ada.row("Buy oat milk")
        expect(row).to_contain_text("6 May 2031, 18:30")
        expect(row).to_contain_text("High")
        expect(row.locator(".label")).to_have_text(["home", "errands"])
        stored = ada.stored("Buy oat milk")
        assert stored["notes"] == "two\nbottles"
        assert (stored["due_date"], stored["due_time"]) == ("2031-05-06", "18:30:00")
        assert (stored["priority"], stored["labels"]) == (3, ["home", "errands"])

    def test_without_a_change_changes_nothing(self, ada: BrowserUser) -> None:
        ada.api("POST", "/tasks", title="Buy milk", notes="\n a\r\nb", labels=["x"], due_date="2031-05-06")
        before = ada.stored("Buy milk")
        expect(ada.row("Buy milk")).to_be_visible()
        ada.edit("Buy milk")
        ada.save()
        expect(ada.page.get_by_label("Title")).to_have_count(0)
        assert ada.stored("Buy milk") == before

    def test_names_the_field_that_is_wrong(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.edit("Buy milk")
        ada.page.get_by_label("Time", exact=True).fill("18:30")
        ada.save()
        field = ada.page.get_by_label("Time", exact=True)
        expect(field).to_have_accessible_description("A time also needs a date.")
        expect(field).to_be_focused()

    def test_is_left_with_escape(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.edit("Buy milk")
        ada.page.get_by_label("Title").fill("Something else")
        ada.page.keyboard.press("Escape")
        expect(ada.open_titles).to_have_text(["Buy milk"])

    def test_takes_the_time_away_with_the_date(self, ada: BrowserUser) -> None:
        ada.api("POST", "/tasks", title="Buy milk", due_date="2031-05-06", due_time="18:30")
        expect(ada.row("Buy milk")).to_be_visible()
        ada.edit("Buy milk")
        ada.page.get_by_label("Due date").fill("")
        ada.save()
        expect(ada.page.get_by_label("Title")).to_have_count(0)
        assert ada.stored("Buy milk")["due_time"] is None


class TestDeleting:
    def test_can_be_undone(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        ada.delete("Buy milk")
        expect(ada.open_titles).to_have_count(0)
        expect(ada.toast).to_contain_text("Deleted “Buy milk”")
        ada.toast.get_by_role("button", name="Undo").click()
        expect(ada.open_titles).to_have_text(["Buy milk"])


class TestPaging:
    def test_shows_more_until_all_are_there(self, ada: BrowserUser) -> None:
        for number in range(60):
            ada.api("POST", "/tasks", title=f"Task {number}")
        ada.page.reload()
        expect(ada.open_titles).to_have_count(50)
        ada.page.get_by_role("link", name="Show more").click()
        expect(ada.open_titles).to_have_count(60)
        expect(ada.page.get_by_role("link", name="Show more")).to_have_count(0)
        ada.add("One more")
        expect(ada.open_titles).to_have_count(61)
