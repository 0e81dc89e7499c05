"""All services, asked in the name of one account."""

from contracts.api.analytics import Summary
from contracts.names import App
from frontend_service.clients.chat_client import ChatClient
from frontend_service.clients.file_client import FileClient
from frontend_service.clients.list_client import ListClient
from frontend_service.clients.notification_client import NotificationClient
from frontend_service.clients.service_client import ServiceClient
from frontend_service.clients.task_client import TaskClient
from frontend_service.clients.user_client import UserClient


class Services(ServiceClient):
    """A client of each service; made for one request, so its clients are made when they are asked for."""

    __slots__ = ()

    @property
    def tasks(self) -> TaskClient:
        return TaskClient(self)

    @property
    def lists(self) -> ListClient:
        return ListClient(self)

    @property
    def files(self) -> FileClient:
        return FileClient(self)

    @property
    def users(self) -> UserClient:
        return UserClient(self)

    @property
    def notifications(self) -> NotificationClient:
        return NotificationClient(self)

    @property
    def chat(self) -> ChatClient:
        return ChatClient(self)

    async def read_summary(self) -> Summary:
        """What analytics has counted. Raises as `TaskClient` does."""
        return await self.get(Summary, App.ANALYTICS, "/analytics/summary")
