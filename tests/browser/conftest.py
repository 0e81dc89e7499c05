"""A real Chromium in front of one real system with two frontends."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from devstack import processes
from devstack.addresses import find_free_offset
from devstack.paths import RunFolder
from devstack.stack import Stack
from tests.browser.chromium import launch_options
from tests.browser.person import BrowserUser
from tests.system.waiting import until

REPLICAS = {"frontend": 2}
OFFSET = 2000
HERE = Path(__file__).parent
RUNNING: list[Stack] = []
WAIT_MS = 10_000
MENDING_SECONDS = 60
OpenBrowser = Callable[..., BrowserContext]
SignUp = Callable[..., BrowserUser]

expect.set_options(timeout=WAIT_MS)


@dataclass
class Complaints:
    """What the browser itself found wrong with the pages of one test."""

    found: list[str]

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.text.startswith("htmx: '"):
            self.found.append(message.text)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = RunFolder(tmp_path_factory.mktemp("browser"))
    env = {"TODO_ALLOWED_NETWORKS": '["127.0.0.0/8"]'}  # where the push service of a test is
    stack = Stack(folder, REPLICAS, offset=find_free_offset(OFFSET, REPLICAS), env=env)
    RUNNING.append(stack)
    stack.up()
    yield stack
    _take_down()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After the last test here the system goes: at rest it takes a third of a core from all other tests."""
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        _take_down()


def _take_down() -> None:
    while RUNNING:
        RUNNING.pop().down()


@pytest.fixture
def mended(stack: Stack) -> Iterator[Stack]:
    """The system, for a test that breaks it and waits until it has mended itself."""
    yield stack
    until(stack.failing, lambda failing: not failing, MENDING_SECONDS)


@pytest.fixture(scope="session")
def edges(stack: Stack) -> tuple[str, str]:
    """The addresses of both frontends."""
    return stack.addresses.edge, stack.addresses.app("frontend-2").url


@pytest.fixture(scope="module")
def chromium(edges: tuple[str, str]) -> Iterator[Browser]:
    """One for each module: while Playwright runs, no other test could run an event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(edges))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints([])
    yield complaints
    assert complaints.found == []


@pytest.fixture
def open_browser(
    chromium: Browser, edges: tuple[str, str], complaints: Complaints, tmp_path: Path
) -> Iterator[OpenBrowser]:
    """A browser of its own: no cookies, no cache."""
    opened: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        known: dict[str, Any] = {"base_url": edges[0], "timezone_id": "Europe/Berlin", "locale": "en-GB"}
        context = chromium.new_context(**known | options)
        context.set_default_timeout(WAIT_MS)
        context.on("page", complaints.watch)
        opened.append(context)
        return context

    yield open_one
    for number, page in enumerate(page for context in opened for page in context.pages):
        page.screenshot(path=tmp_path / f"page-{number}.png")
    for context in opened:
        context.close()


@pytest.fixture
def sign_up(open_browser: OpenBrowser) -> SignUp:
    """Somebody new, on the page with the tasks."""

    def sign_up(name: str = "Ada", **options: Any) -> BrowserUser:
        return BrowserUser.sign_up(open_browser(**options).new_page(), name)

    return sign_up


@pytest.fixture
def ada(sign_up: SignUp) -> BrowserUser:
    return sign_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    stack = item.funcargs.get("stack")
    if report.failed and stack:
        for log in sorted(stack.folder.app_logs.glob("*_app_*.log")):  # two frontends have two logs
            report.sections.append((log.name, processes.read_tail(log)))
        report.sections.append(("screenshots", str(item.funcargs.get("tmp_path", ""))))
    return report
