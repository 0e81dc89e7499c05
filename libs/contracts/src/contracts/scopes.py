"""Scopes (RFC 6749, section 3.3): what an API token may do, `<area>:read` or `<area>:write`.

Each route names the scopes it needs; one that names none is closed to all API tokens. Neither kind of scope
includes the other.
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
