"""What API tokens may do is decided for each operation of the API, and closed where nobody decided."""

import json
from typing import Any

from frontend_service.gateway.upstreams import SPECIFICATION

from contracts import scopes
from contracts.scopes import SCOPES, get_required_scopes

NOT_IN_THE_DOCUMENT = {"POST /mcp", "GET /usage"}
"""`/usage` of each service is a part of `/users/me/usage`."""
CLOSED = {
    *("GET /tokens", "POST /tokens", "DELETE /tokens/{id}"),
    *("PATCH /users/me", "DELETE /users/me", "GET /users/me/export"),
    *("GET /calendar", "POST /calendar", "DELETE /calendar"),
    *("GET /ops/dead-letters", "GET /ops/dead-letters/{id}", "GET /ops/dead-letter-groups"),
    *("POST /ops/dead-letters/{id}/replay", "POST /ops/dead-letters/{id}/discard"),
    *("POST /ops/replays", "POST /ops/discards"),
}
"""For who signed in: it makes tokens or addresses as good as one, changes or shows the whole account, or is
for operators."""


def operations() -> dict[str, Any]:
    """Those that need a token, by method and path."""
    paths = json.loads(SPECIFICATION.read_text())["paths"]
    return {
        f"{verb.upper()} {path}": operation
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
        if operation.get("security")
    }


class TestScopes:
    def test_open_or_close_every_operation(self) -> None:
        opened = {name for name in operations() if get_required_scopes(*name.split(" "))}
        assert opened | CLOSED == set(operations())
        assert not opened & CLOSED

    def test_open_nothing_that_is_not_there(self) -> None:
        assert set(scopes._NEEDED) - NOT_IN_THE_DOCUMENT <= set(operations())

    def test_are_all_of_use(self) -> None:
        assert {scope for wanted in scopes._NEEDED.values() for scope in wanted} == set(SCOPES)

    def test_close_what_is_new(self) -> None:
        assert get_required_scopes("POST", "/tasks/{id}/share") == get_required_scopes("PUT", "/tasks") == ()

    def test_are_told_in_the_openapi_document(self) -> None:
        for name, operation in operations().items():
            assert operation["security"] == [{"HTTPBearer": list(get_required_scopes(*name.split(" ")))}], (
                name
            )
