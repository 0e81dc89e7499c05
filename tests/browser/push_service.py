"""A push service for one browser: keeps what our system sends, decrypted, until somebody hands it on."""

import asyncio
import threading
import time
from typing import Any

from playwright.sync_api import Page, Worker

from services.notification.tests.receivers import Browser, Receiver, web_receiver

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
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            for call in list(self._receiver.calls):
                message: dict[str, Any] = self.subscription.decrypted(call)
                if message["title"] == title:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"{title} was not pushed")

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
    self.registration.showNotification = (...told) => show(...told).finally(() => { self.timesShown += 1; });
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
        while not self._registration:
            self._page.wait_for_timeout(50)
        origin = self._page.evaluate("location.origin")
        told = {"origin": origin, "registrationId": self._registration, "data": message}
        before = self.worker.evaluate("self.timesShown")
        self._devtools.send("ServiceWorker.deliverPushMessage", told)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.worker.evaluate("self.timesShown") == before:
            assert time.monotonic() < deadline, "the push was not dealt with"
            self._page.wait_for_timeout(50)

    def shown(self, number: int = 1) -> list[dict[str, Any]]:
        """All that are shown, as soon as there are `number`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found: list[dict[str, Any]] = self.worker.evaluate(SHOWN)
            if len(found) == number:
                return found
            assert time.monotonic() < deadline, found
            self._page.wait_for_timeout(50)

    def click(self, action: str = "") -> None:
        """Somebody clicks the first one, or the button `action` of it; returns when that was dealt with."""
        self.worker.evaluate(CLICK, action)

    def _note(self, event: dict[str, Any]) -> None:
        for each in event["registrations"]:
            self._registration = each["registrationId"]
