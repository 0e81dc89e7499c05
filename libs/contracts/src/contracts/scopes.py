"""Scopes (RFC 6749, section 3.3): what an API token may do, `<area>:read` or `<area>:write`.

An operation that stands here is open to tokens with its scopes; every other one is closed to all of them,
so a new route is closed until it is written down here. Neither kind of scope includes the other.
"""

from collections.abc import Mapping
from typing import Final

API_TOKEN_PREFIX: Final = "todo_"
"""How every API token begins, so that it is told from an access token, and found where it was leaked."""

SCOPES: Final[Mapping[str, str]] = {
    "tasks:read": "Read tasks, projects, labels and saved filters",
    "tasks:write": "Add, change and delete them",
    "notifications:read": "Read the inbox, reminders and their settings",
    "notifications:write": "Mark as read, set and cancel reminders, change their settings",
    "channels:read": "Read channels, webhooks and what was sent to them",
    "channels:write": "Add and remove channels and webhooks, send again",
    "chat:read": "Read conversations with the assistant",
    "chat:write": "Talk to the assistant, which does what the other scopes allow",
    "analytics:read": "Read productivity figures",
    "account:read": "Read name, e-mail address and time zone",
}
"""Each scope and what it allows, for people."""

OF_CONTENT: Final = frozenset({"tasks:write", "notifications:write"})
"""Scopes whose operations answer with what is stored; a token without the read scope beside it gets none of
it (docs/agents.md). Those of channels answer only with what was just made, such as a new secret."""

_OPENED_BY: Final[Mapping[str, str]] = {
    "tasks:read": """
        GET /tasks, GET /tasks/{id}, GET /tasks/{id}/activity, GET /tasks/{id}/occurrences,
        POST /tasks/parse, GET /projects, GET /projects/{id}, GET /labels, GET /labels/{id},
        GET /filters, GET /filters/{id}, GET /changes, GET /export, GET /import/{id}""",
    "tasks:write": """
        POST /tasks, PATCH /tasks/{id}, DELETE /tasks/{id}, POST /tasks/{id}/move,
        POST /tasks/{id}/complete, POST /tasks/{id}/reopen, POST /tasks/{id}/restore,
        POST /tasks/{id}/skip, POST /tasks/{id}/unskip,
        POST /projects, PATCH /projects/{id}, DELETE /projects/{id}, POST /projects/{id}/restore,
        POST /labels, PATCH /labels/{id}, DELETE /labels/{id},
        POST /filters, PATCH /filters/{id}, DELETE /filters/{id}, POST /batch, POST /import""",
    "notifications:read": "GET /notifications, GET /reminders, GET /reminders/{id}, GET /preferences",
    "notifications:write": """
        POST /notifications/{id}/read, POST /reminders, DELETE /reminders/{id},
        POST /reminders/{id}/snooze, PATCH /preferences""",
    "channels:read": "GET /channels, GET /webhooks, GET /webhooks/{id}/deliveries",
    "channels:write": """
        POST /channels, DELETE /channels/{id}, POST /channels/{id}/test, POST /webhooks,
        DELETE /webhooks/{id}, POST /webhooks/{id}/rotate, POST /webhooks/{id}/retire,
        POST /webhooks/{id}/test, POST /deliveries/{id}/receipt, POST /deliveries/{id}/redeliver""",
    "chat:read": "GET /chat/conversations, GET /chat/conversations/{id}",
    "chat:write": "POST /chat/messages, POST /chat/undo",
    "analytics:read": "GET /analytics/summary",
    "account:read": "GET /users/me, GET /users/me/usage, GET /usage",
}

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        operation.strip(): (scope,)
        for scope, operations in _OPENED_BY.items()
        for operation in operations.split(",")
    },
    "GET /stream": ("tasks:read", "notifications:read"),
    "POST /mcp": ("tasks:read",),
}


def get_required_scopes(method: str, path: str) -> tuple[str, ...]:
    """The scopes an operation needs, all of them; empty if no API token may do it.

    path: its template under `/api/v1`, such as `/tasks/{id}`.
    """
    return _NEEDED.get(f"{method} {path}", ())
