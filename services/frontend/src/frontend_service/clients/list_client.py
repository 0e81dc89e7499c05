"""The task service: projects, labels and saved filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.api.lists import FilterCreate, FilterRead, LabelRead, ProjectCreate, ProjectRead
from contracts.api.page import Page
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient, page_path

Kind = Literal["projects", "labels", "filters"]
ListItem = ProjectRead | LabelRead | FilterRead


@dataclass(frozen=True, slots=True)
class ListClient:
    """Raises, `key` and `version`: as for `TaskClient`."""

    client: ServiceClient

    async def list_projects(self, limit: int, cursor: str = "", *, trash: bool = False) -> Page[ProjectRead]:
        """trash: the deleted ones instead."""
        path = page_path("/projects?trash=true" if trash else "/projects", limit, cursor)
        page: Page[ProjectRead] = await self.client.get(App.TASK, path)
        return page

    async def list_labels(self, limit: int) -> Page[LabelRead]:
        page: Page[LabelRead] = await self.client.get(App.TASK, page_path("/labels", limit))
        return page

    async def list_filters(self, limit: int) -> Page[FilterRead]:
        page: Page[FilterRead] = await self.client.get(App.TASK, page_path("/filters", limit))
        return page

    async def read_list(self, kind: Kind, id: str) -> ListItem:
        found: ListItem = await self.client.get(App.TASK, f"/{kind}/{id}")
        return found

    async def create_project(self, project: ProjectCreate, *, key: str) -> ProjectRead:
        made: ProjectRead = await self.client.send(App.TASK, "POST", "/projects", project, key=key)
        return made

    async def create_filter(self, saved: FilterCreate, *, key: str) -> FilterRead:
        made: FilterRead = await self.client.send(App.TASK, "POST", "/filters", saved, key=key)
        return made

    async def update_list(
        self, kind: Kind, id: str, patch: Mapping[str, object], *, key: str, version: int
    ) -> None:
        """patch: a `ProjectPatch`, `LabelPatch` or `FilterPatch`, with what somebody typed."""
        await self.client.send(App.TASK, "PATCH", f"/{kind}/{id}", patch, key=key, version=version)

    async def delete_list(self, kind: Kind, id: str, *, key: str) -> None:
        await self.client.send(App.TASK, "DELETE", f"/{kind}/{id}", key=key)

    async def restore_project(self, id: str, *, key: str) -> ProjectRead:
        project: ProjectRead = await self.client.send(App.TASK, "POST", f"/projects/{id}/restore", key=key)
        return project
