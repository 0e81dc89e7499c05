"""The notification service: the inbox, reminders, preferences, channels and webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.api.notifications import ChannelRead, NotificationRead, PreferencesRead, WebhookSecret
from contracts.api.page import Page
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient, page_path


@dataclass(frozen=True, slots=True)
class NotificationClient:
    """Raises and `key`: as for `TaskClient`."""

    client: ServiceClient

    async def list_notifications(
        self, limit: int, cursor: str = "", *, unread: bool = False
    ) -> Page[NotificationRead]:
        """The newest first. unread: only those."""
        path = page_path("/notifications?unread=true" if unread else "/notifications", limit, cursor)
        return await self.client.get(Page[NotificationRead], App.NOTIFICATION, path)

    async def mark_read(self, id: str, *, key: str) -> None:
        await self.client.execute(App.NOTIFICATION, "POST", f"/notifications/{id}/read", key=key)

    async def snooze_reminder(self, id: str, minutes: int, *, key: str) -> None:
        body = {"minutes": minutes}
        await self.client.execute(App.NOTIFICATION, "POST", f"/reminders/{id}/snooze", body, key=key)

    async def read_preferences(self) -> PreferencesRead:
        return await self.client.get(PreferencesRead, App.NOTIFICATION, "/preferences")

    async def change_preferences(self, patch: Mapping[str, object], *, key: str) -> None:
        """patch: a `PreferencesPatch`, with what somebody typed."""
        await self.client.execute(App.NOTIFICATION, "PATCH", "/preferences", patch, key=key)

    async def list_channels(self, limit: int) -> Page[ChannelRead]:
        return await self.client.get(Page[ChannelRead], App.NOTIFICATION, page_path("/channels", limit))

    async def add_email_channel(self, *, key: str) -> None:
        await self.client.execute(App.NOTIFICATION, "POST", "/channels", {"kind": "email"}, key=key)

    async def test_channel(self, id: str, *, key: str) -> None:
        await self.client.execute(App.NOTIFICATION, "POST", f"/channels/{id}/test", key=key)

    async def remove_channel(self, id: str, *, key: str) -> None:
        await self.client.execute(App.NOTIFICATION, "DELETE", f"/channels/{id}", key=key)

    async def add_webhook(self, url: str, *, key: str) -> WebhookSecret:
        body = {"url": url}
        return await self.client.send(WebhookSecret, App.NOTIFICATION, "POST", "/webhooks", body, key=key)
