"""The task service: imports, the pages of an export, and the calendar subscription."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from contracts.api.files import FeedCreated, FeedRead, ImportRead
from contracts.api.internal import ExportPage
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient


@dataclass(frozen=True, slots=True)
class FileClient:
    """Raises and `key`: as for `TaskClient`."""

    client: ServiceClient

    async def start_import(self, content: bytes, options: Mapping[str, str], *, key: str) -> ImportRead:
        """options: `project`, and `dry_run` for a preview that stores nothing."""
        path = f"/import?{urlencode(options)}" if options else "/import"
        return await self.client.send_file(ImportRead, App.TASK, path, content, key=key)

    async def read_import(self, id: str) -> ImportRead:
        return await self.client.get(ImportRead, App.TASK, f"/import/{id}")

    async def read_export_page(self, part: str, after: str = "") -> ExportPage:
        """part: `tasks`, `trash` or `activity`. after: the `next` of the page before."""
        query = f"of={part}&after={after}" if after else f"of={part}"
        return await self.client.get(ExportPage, App.TASK, f"/export/pages?{query}")

    async def read_feed(self) -> FeedRead:
        return await self.client.get(FeedRead, App.TASK, "/calendar")

    async def renew_feed(self, *, key: str) -> FeedCreated:
        """An earlier address ends."""
        return await self.client.send(FeedCreated, App.TASK, "POST", "/calendar", key=key)

    async def end_feed(self, *, key: str) -> None:
        await self.client.execute(App.TASK, "DELETE", "/calendar", key=key)
