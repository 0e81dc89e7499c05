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
_ITEMS: Mapping[Kind, type[ListItem]] = {"projects": ProjectRead, "labels": LabelRead, "filters": FilterRead}


@dataclass(frozen=True, slots=True)
class ListClient:
    """Raises, `key` and `version`: as for `TaskClient`."""

    client: ServiceClient

    async def list_projects(self, limit: int, cursor: str = "", *, trash: bool = False) -> Page[ProjectRead]:
        """trash: the deleted ones instead."""
        path = page_path("/projects?trash=true" if trash else "/projects", limit, cursor)
        return await self.client.get(Page[ProjectRead], App.TASK, path)

    async def list_labels(self, limit: int) -> Page[LabelRead]:
        return await self.client.get(Page[LabelRead], App.TASK, page_path("/labels", limit))

    async def list_filters(self, limit: int) -> Page[FilterRead]:
        return await self.client.get(Page[FilterRead], App.TASK, page_path("/filters", limit))

    async def read_list(self, kind: Kind, id: str) -> ListItem:
        return await self.client.get(_ITEMS[kind], App.TASK, f"/{kind}/{id}")

    async def create_project(self, project: ProjectCreate, *, key: str) -> ProjectRead:
        return await self.client.send(ProjectRead, App.TASK, "POST", "/projects", project, key=key)

    async def create_filter(self, saved: FilterCreate, *, key: str) -> FilterRead:
        return await self.client.send(FilterRead, App.TASK, "POST", "/filters", saved, key=key)

    async def update_list(
        self, kind: Kind, id: str, patch: Mapping[str, object], *, key: str, version: int
    ) -> None:
        """patch: a `ProjectPatch`, `LabelPatch` or `FilterPatch`, with what somebody typed."""
        await self.client.execute(App.TASK, "PATCH", f"/{kind}/{id}", patch, key=key, version=version)

    async def delete_list(self, kind: Kind, id: str, *, key: str) -> None:
        await self.client.execute(App.TASK, "DELETE", f"/{kind}/{id}", key=key)

    async def restore_project(self, id: str, *, key: str) -> ProjectRead:
        return await self.client.send(ProjectRead, App.TASK, "POST", f"/projects/{id}/restore", key=key)
