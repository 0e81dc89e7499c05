"""A narrow screen: tasks come first, nothing is cut off, and what is behind a button can be reached."""

import random

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SignUp
from tests.browser.person import BrowserUser
from tests.browser.test_accessibility import THEMES, overflow, violations

PHONE = {"width": 390, "height": 844}
HIGHEST_ROW = 200
COMFORTABLE = 44
SEED = 13
ALPHABETS = ("abcdefghij ", "W", "שלום ", "الحليب ", "家族の買い物", "👩‍👩‍👧‍👦")

CUT_OFF = """() => [...document.querySelectorAll("main *, .top *, .places *")]
    .filter((shown) => shown.checkVisibility() && !shown.closest(".unseen, .skip, svg, [popover]"))
    .filter((shown) => !["INPUT", "TEXTAREA", "SELECT", "OPTION"].includes(shown.tagName))
    .filter((shown) => shown.textContent.trim() && shown.getBoundingClientRect().width > 1)
    .filter((shown) => {
        const box = shown.getBoundingClientRect();
        return box.left < -0.5 || box.right > innerWidth + 0.5;
    })
    .map((shown) => shown.outerHTML.slice(0, 120))"""
OVERLAPPING = """() => {
    const kinds = "main :is(button, input, select, textarea, summary), main a.row-text";
    const controls = [...document.querySelectorAll(kinds)]
        .filter((control) => control.checkVisibility() && control.type !== "hidden")
        .filter((control) => control.closest("[popover]") === null)
        .map((control) => [control, control.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1);
    const found = [];
    for (const [one, a] of controls)
        for (const [other, b] of controls)
            if (one !== other && !one.contains(other) && !other.contains(one)
                && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
                found.push(`${one.outerHTML.slice(0, 90)} over ${other.outerHTML.slice(0, 90)}`);
    return found;
}"""


def odd_texts(count: int, longest: int) -> list[str]:
    """Texts of many lengths and scripts, one in three without a space."""
    draw = random.Random(SEED)
    made = ["W" * 50, "x" * longest]
    while len(made) < count:
        alphabet = draw.choice(ALPHABETS)
        text = "".join(draw.choice(alphabet) for _ in range(draw.randint(1, longest))).strip()
        made += [f"{text or 'a'}{len(made)}"[:longest]]
    return made


def fill(ada: BrowserUser) -> list[str]:
    """Tasks, projects, labels and filters with such names; the addresses of all lists."""
    projects = [ada.api("POST", "/projects", name=name)["id"] for name in odd_texts(4, 100)]
    saved = [
        ada.api("POST", "/filters", name=name, filter="priority <= 4", sort="title")["id"]
        for name in odd_texts(2, 100)
    ]
    for number, title in enumerate(odd_texts(8, 300)):
        more = {"priority": number % 5, "labels": odd_texts(3, 60)[: number % 4], "due_date": "2026-11-29"}
        ada.api("POST", "/tasks", title=title, project_id=projects[number % 4], **more)
    ada.api("POST", "/tasks", title="In no project", due_date="2020-01-01")
    lists = ["/?list=inbox", "/?list=overdue", "/?label=" + "W" * 50, "/?q=project", "/?filter=priority<=4"]
    sorts = ["/", "/?sort=position", "/?sort=-updated&q=project&filter=priority<=4"]
    return [*sorts, *lists, *(f"/?project={id}" for id in projects), *(f"/?saved={id}" for id in saved)]


def first_row(page: Page) -> Locator:
    return page.locator("#open .row").first


def top_of(row: Locator) -> float:
    box = row.bounding_box()
    assert box
    return box["y"]


class TestTheFirstTask:
    def test_stands_high_on_every_list(self, sign_up: SignUp) -> None:
        ada = sign_up(viewport=PHONE)
        for path in fill(ada):
            ada.page.goto(path)
            expect(first_row(ada.page)).to_be_visible()
            for width in (390, 320):
                ada.page.set_viewport_size({"width": width, "height": 844})
                assert top_of(first_row(ada.page)) <= HIGHEST_ROW, (path, width)
        ada.api("DELETE", f"/tasks/{ada.stored('In no project')['id']}")
        for path in ("/trash", "/lists"):
            ada.page.goto(path)
            assert top_of(ada.page.locator("#content .row").first) <= HIGHEST_ROW, path


class TestEveryWidth:
    @pytest.mark.parametrize("touch", [True, False])
    def test_shows_everything_whole(self, sign_up: SignUp, touch: bool) -> None:
        ada = sign_up(viewport=PHONE, has_touch=touch)
        paths = fill(ada)
        task = ada.stored("In no project")["id"]
        draw = random.Random(SEED)
        places = [*paths, "/trash", "/lists", f"/tasks/{task}/edit", "/notifications", "/assistant"]
        for path in [*places, "/account", "/settings"]:
            ada.page.goto(path)
            for width in (320, 390, 430, draw.randint(321, 429), 768, draw.randint(431, 1280)):
                ada.page.set_viewport_size({"width": width, "height": 800})
                assert overflow(ada.page) <= 0, (path, width)
                assert ada.page.evaluate(CUT_OFF) == [], (path, width)
                assert ada.page.evaluate(OVERLAPPING) == [], (path, width)

    @pytest.mark.parametrize("width", [320, 390])
    def test_keeps_fields_of_a_row_apart(self, sign_up: SignUp, width: int) -> None:
        ada = sign_up(viewport=PHONE | {"width": width})
        ada.api("POST", "/tasks", title="Buy milk", due_date="2026-12-24", due_time="23:45")
        expect(ada.row("Buy milk")).to_be_visible()
        ada.edit("Buy milk")
        assert ada.page.evaluate(OVERLAPPING) == []
        for name in ("Due date", "Time"):
            box = ada.page.get_by_label(name, exact=True).bounding_box()
            assert box
            assert box["x"] + box["width"] <= width
            assert box["width"] >= 100


class TestTheLists:
    @pytest.mark.parametrize("theme", THEMES)
    def test_open_over_the_page_and_hold_the_keyboard(self, sign_up: SignUp, theme: str) -> None:
        ada = sign_up(viewport=PHONE, color_scheme=theme)
        page = ada.page
        ada.api("POST", "/projects", name="Flat")
        page.reload()
        button, lists = page.get_by_role("button", name="Lists"), page.get_by_role("navigation", name="Lists")
        expect(lists).to_be_hidden()
        expect(button).to_have_attribute("aria-expanded", "false")
        button.click()
        expect(lists).to_be_visible()
        expect(page.locator("[popovertarget=lists]").nth(1)).to_have_attribute("aria-expanded", "true")
        assert violations(page) == []
        for _ in range(25):
            page.keyboard.press("Tab")
            assert page.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('#lists')"
            )
        page.keyboard.press("Escape")
        expect(lists).to_be_hidden()
        expect(button).to_have_attribute("aria-expanded", "false")
        expect(button).to_be_focused()
        button.click()
        lists.get_by_role("link", name="Flat").click()
        expect(page.get_by_role("heading", name="Flat")).to_be_visible()

    def test_open_without_javascript(self, sign_up: SignUp) -> None:
        ada = sign_up(viewport=PHONE, java_script_enabled=False)
        ada.page.get_by_role("button", name="Lists").click()
        ada.page.get_by_role("link", name="Today").click()
        expect(ada.page.get_by_role("heading", name="Today")).to_be_visible()
        ada.page.get_by_role("button", name="Find tasks").click()
        ada.page.get_by_label("Search", exact=True).fill("milk")
        ada.page.get_by_role("button", name="Show").click()
        expect(ada.page.get_by_text("Search: milk")).to_be_visible()


class TestSearching:
    @pytest.mark.parametrize(
        ("button", "field"), [("Find tasks", "Search"), ("Choose and order tasks", "Filter")]
    )
    def test_is_behind_a_button(self, sign_up: SignUp, button: str, field: str) -> None:
        ada = sign_up(viewport=PHONE)
        expect(ada.page.get_by_label("Sort by")).to_be_hidden()
        ada.page.get_by_role("button", name=button, exact=True).click()
        expect(ada.page.get_by_label(field, exact=True)).to_be_focused()
        expect(ada.page.get_by_label("Sort by")).to_be_visible()
        assert violations(ada.page) == []
        ada.page.keyboard.press("Escape")
        expect(ada.page.get_by_label("Sort by")).to_be_hidden()


class TestTargets:
    def test_are_large_enough_for_a_finger(self, sign_up: SignUp) -> None:
        ada = sign_up(viewport=PHONE, has_touch=True)
        ada.add("Buy milk")
        ada.delete("Buy milk")
        expect(ada.toast).to_be_visible()
        ada.add("Buy bread")
        ada.page.get_by_role("button", name="Lists").click()
        small = ada.page.evaluate(
            """least => [...document.querySelectorAll(
                    "main :is(button, a), .places a, .top button, .toast button")]
                .filter((control) => control.checkVisibility() && !control.closest("p"))
                .map((control) => [control.outerHTML.slice(0, 90), control.getBoundingClientRect()])
                .filter(([, box]) => box.height < least || box.width < least)
                .map(([html]) => html)""",
            COMFORTABLE,
        )
        assert small == []
