"""What is let through to which service."""

import pytest
from frontend_service.gateway.upstreams import read_operations

from contracts.names import App
from servicekit.errors import MethodNotAllowed, NotFound

OPERATIONS = read_operations()
ID = "01a20a20-adf2-70f8-90f8-d7d6fc4809a6"


class TestOperation:
    @pytest.mark.parametrize(
        ("method", "path", "app"),
        [
            ("GET", "/tasks", App.TASK),
            ("POST", f"/tasks/{ID}/complete", App.TASK),
            ("PATCH", "/users/me", App.USER),
            ("DELETE", f"/tokens/{ID}", App.USER),
            ("POST", "/chat/messages", App.CHAT),
            ("GET", f"/reminders/{ID}", App.NOTIFICATION),
            ("GET", "/analytics/summary", App.ANALYTICS),
            ("GET", "/calendar/secret_of-a.feed.ics", App.TASK),
        ],
    )
    def test_belongs_to_one_service(self, method: str, path: str, app: App) -> None:
        assert OPERATIONS.upstream(method, path) is app

    def test_with_an_unknown_method_names_the_allowed_ones(self) -> None:
        with pytest.raises(MethodNotAllowed) as refusal:
            OPERATIONS.upstream("PUT", "/tasks")
        assert refusal.value.headers["Allow"] == "GET, HEAD, POST"


class TestPath:
    @pytest.mark.parametrize(
        "path",
        [
            *("", "/", "//tasks", "/tasks/", "/TASKS", "/nothing", "/events/pubsub/todo-events"),
            *(
                "/tasks/..",
                "/tasks/.",
                "/tasks/%2e%2e",
                f"/tasks/{ID}%2fcomplete",
                "/tasks/a;b",
                "/tasks/a b",
            ),
            *("/tasks/é", "/tasks/a\\b", f"/tasks/{ID}/complete/x", "/replays", "/.well-known/jwks.json"),
            *("/auth/exchange", "/export/pages", "/users/me/export/x"),
        ],
    )
    def test_outside_the_api_is_not_found(self, path: str) -> None:
        with pytest.raises(NotFound):
            OPERATIONS.upstream("POST", path)
