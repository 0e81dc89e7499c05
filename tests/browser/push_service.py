"""A push service for one browser: keeps what our system sends, decrypted, until somebody hands it on."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Page, Worker

from services.notification.tests.receivers import Browser, Receiver, web_receiver
from tests.system.waiting import until

T = TypeVar("T")

WAIT_SECONDS = 30


class PushService:
    """A real receiver of web push in a thread of its own, and the keys of the subscription."""

    def __init__(self) -> None:
        self.subscription = Browser()
        self._receiver = Receiver()
        self._ready, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(WAIT_SECONDS)

    def stop(self) -> None:
        self._over.set()
        self._thread.join(WAIT_SECONDS)

    @property
    def channel(self) -> dict[str, Any]:
        """What a page tells the API after it has subscribed."""
        return {"kind": "push", "endpoint": self._receiver.url, "keys": self.subscription.keys}

    def message(self, title: str) -> dict[str, Any]:
        """What was sent under this title, as soon as it is there."""

        def sent() -> dict[str, dict[str, Any]]:
            messages = [self.subscription.decrypted(call) for call in list(self._receiver.calls)]
            return {message["title"]: message for message in messages}

        return until(sent, lambda messages: title in messages)[title]

    async def _serve(self) -> None:
        async with web_receiver("/push") as self._receiver:
            self._ready.set()
            while not self._over.is_set():
                await asyncio.sleep(0.05)


CLICK = """async (action) => {
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent("notificationclick", { notification, action });
    let done;
    event.waitUntil = (promise) => { done = promise; };
    self.dispatchEvent(event);
    await done;
}"""
"""Only the browser's own events may be waited for; this one carries its waiting itself."""
SHOWN = """async () => (await self.registration.getNotifications()).map(({ title, body, tag, actions }) =>
    ({ title, body, tag, actions: actions.map(({ action }) => action) }))"""


NOTE_SHOWN = """() => {
    const show = self.registration.showNotification.bind(self.registration);
    self.timesShown = 0;
    self.registration.showNotification = (...args) => show(...args).finally(() => { self.timesShown += 1; });
}"""
"""A browser that is asked what it shows while it is about to show it forgets that again."""


class Notifications:
    """What the browser of `page` shows, through our service worker."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)
        self._registration = ""
        self._devtools.on("ServiceWorker.workerRegistrationUpdated", self._note)
        self._devtools.send("ServiceWorker.enable")
        page.context.grant_permissions(["notifications"])
        page.evaluate("""async () => {
            await navigator.serviceWorker.register("/service-worker.js");
            await navigator.serviceWorker.ready;
        }""")
        self.worker.evaluate(NOTE_SHOWN)

    @property
    def worker(self) -> Worker:
        return self._page.context.service_workers[0]

    def push(self, message: str) -> None:
        """The browser's push service delivers `message`; returns when it is shown."""
        self._until(lambda: bool(self._registration))
        origin = self._page.evaluate("location.origin")
        parameters = {"origin": origin, "registrationId": self._registration, "data": message}
        before = self.worker.evaluate("self.timesShown")
        self._devtools.send("ServiceWorker.deliverPushMessage", parameters)
        self._until(lambda: self.worker.evaluate("self.timesShown") > before)

    def shown(self, number: int = 1) -> list[dict[str, Any]]:
        """All that are shown, as soon as there are `number`."""
        return self._until(lambda: self.worker.evaluate(SHOWN), lambda shown: len(shown) == number)

    def click(self, action: str = "") -> None:
        """Somebody clicks the first one, or the button `action` of it; returns when that was dealt with."""
        self.worker.evaluate(CLICK, action)

    def _until(self, look: Callable[[], T], is_right: Callable[[T], bool] = bool) -> T:
        """Playwright hears of events only while it is asked to wait."""
        return until(look, is_right, pause=lambda seconds: self._page.wait_for_timeout(seconds * 1000))

    def _note(self, event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            self._registration = each["registrationId"]
