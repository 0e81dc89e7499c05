"""A real browser whose page tells what it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from tests.browser.chromium import launch_options


@asynccontextmanager
async def browsing(edge: str) -> AsyncIterator[Page]:
    """A page of a fresh browser, at this frontend."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options([edge]))
        yield await browser.new_page(base_url=edge)
        await browser.close()
