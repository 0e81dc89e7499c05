"""What the document says of the API as a whole."""

from typing import Any

Document = dict[str, Any]

_DESCRIPTION = """\
Send an access token or an API token as `Authorization: Bearer …`; an API token needs the scopes an operation
names, and opens none that names no scope. Without the read scope beside it, a write scope for tasks or
notifications is answered 204 where something is changed.

Unsafe requests take an `Idempotency-Key`; resources have an `ETag`, writes honour `If-Match`, reads
`If-None-Match`. `PATCH` is a JSON merge patch: what is absent stays, null clears. Lists have a `next_cursor`
until the last page. Fields and query parameters nobody knows are refused.

Errors are problem documents (RFC 9457). `x-problem-codes` has the `code`s of an operation by their status."""

INFO: Document = {
    "openapi": "3.1.0",
    "info": {
        "title": "todo",
        "version": "1",
        "summary": "Tasks, reminders, an assistant and statistics, for people and for their programs.",
        "description": _DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/api/v1", "description": "The server that this document is from"}],
}

_TAGS = {
    "auth": "Signing up, in and out; access tokens and refresh tokens.",
    "account": "The account of who asks, its quotas, its export, and its API tokens.",
    "tasks": "Tasks: fields, recurrence, reminders, subtasks, the trash and the manual order.",
    "projects": "Projects, which can lie in each other.",
    "labels": "Labels of tasks.",
    "filters": "Saved filters; docs/filters.md has their language.",
    "many at once": "Batches, incremental sync, imports and exports; see docs/many-at-once.md.",
    "calendar": "A private address that calendar programs subscribe to; see docs/calendars.md.",
    "chat": "The assistant, in plain words.",
    "notifications": "The inbox, and preferences for what is notified when.",
    "reminders": "Reminders beside those a task has, and what became of each.",
    "channels": "E-mail and push, and deliveries on all channels.",
    "webhooks": "Signed calls of your own server; see docs/webhooks.md.",
    "analytics": "Statistics of an account.",
    "operators": "Dead letters, for operators.",
    "live": "Server-Sent Events.",
}


def tags_of(paths: Document) -> list[Document]:
    """The tags that are used, in reading order. Raises `KeyError` for one that nothing is said of."""
    used = {
        tag for operations in paths.values() for operation in operations.values() for tag in operation["tags"]
    }
    unknown = used - _TAGS.keys()
    if unknown:
        raise KeyError(f"say what {sorted(unknown)} is, in {__name__}")
    return [{"name": name, "description": text} for name, text in _TAGS.items() if name in used]
