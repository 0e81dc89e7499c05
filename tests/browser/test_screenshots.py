"""The pictures in the documents. `make screenshots` replaces them; other runs only try to take them."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from devstack.paths import ROOT
from tests.browser.conftest import SignUp

IMAGES = ROOT / "docs" / "images"
TASKS = (
    "Plan the summer with the others 11 jun 2099",
    "Book a table for the evening tomorrow 7pm #home",
    "Write the report for the quarter wednesday 9am !2 #work",
    "Buy milk today #home #errands",
    "Send the invoice to Lindgren & Co today 23:30 !3 #work",
    "Water the plants every friday #home",
    "Renew the passport yesterday !4 #papers",
)
PICTURES = {
    "tasks": {"viewport": {"width": 1200, "height": 820}, "color_scheme": "light"},
    "tasks-dark-narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_list_of_tasks_is_shown(sign_up: SignUp, tmp_path: Path, name: str) -> None:
    ada = sign_up(reduced_motion="reduce", **PICTURES[name])
    for text in TASKS:
        ada.api("POST", "/tasks", quick=text)
    ada.page.goto("/")
    expect(ada.open_titles).to_have_count(len(TASKS))
    folder = IMAGES if "SCREENSHOTS" in os.environ else tmp_path
    ada.page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 10_000
