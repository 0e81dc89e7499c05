"""Services ask each other through typed clients, and keep what they are made of in a typed container."""

import re
from typing import get_type_hints

import pytest
from task_service.import_export.schemas import ExportPage as AnsweredExportPage
from user_service.api_tokens.schemas import Exchanged

from contracts.api.internal import ExchangedToken, ExportPage, ReplayResult
from servicekit.messaging.replays import ReplayResult as AnsweredReplay
from tests.architecture.sources import Module, production

SERVICES = production("services")
FRONTEND = [module for module in SERVICES if module.service == "frontend"]
CALL = re.compile(r"\.(?:get|send|send_file|execute|invoke)\(\s*(?:[\w\[\]]+,\s*)?(?:App\.|app,)")
UNREAD = re.compile(r"\b(?:answer|response|reply|found)\.json\(\)")
CLIENTS = {"clients", "account_export"}
CALLERS = {
    "sessions",  # before there is a token to ask with
    "api_tokens",
    "account_usage",  # what every service answers by the same path
    "task_client",
    "service",  # dead letters are replayed at whichever service gave them up
}
"""Modules that call another service, beside the clients of the frontend."""
STATE = re.compile(r"\bstate\.(\w+)")
OF_SERVICEKIT = {"sidecar", "verifier", "bulkheads"}
"""What `create_app` makes; `startup` takes it over into the container."""
OF_A_REQUEST = {"principal", "context"}


@pytest.mark.parametrize("module", SERVICES, ids=lambda module: module.name)
class TestService:
    def test_calls_others_in_its_clients_only(self, module: Module) -> None:
        if not CLIENTS & set(module.path.parts) and module.path.stem not in CALLERS:
            assert not CALL.search(module.text)

    def test_reads_responses_by_their_types_only(self, module: Module) -> None:
        """`parse_response` looks whether required fields are there; `.json()` gives whatever came."""
        assert not UNREAD.search(module.text)


@pytest.mark.parametrize("module", FRONTEND, ids=lambda module: module.name)
class TestFrontend:
    def test_keeps_nothing_in_the_state_of_the_app_but_its_container(self, module: Module) -> None:
        known = {"container", *OF_A_REQUEST} | (OF_SERVICEKIT if module.path.stem == "startup" else set())
        assert set(STATE.findall(module.text)) <= known


@pytest.mark.parametrize(
    ("answered", "expected"),
    [(Exchanged, ExchangedToken), (AnsweredExportPage, ExportPage), (AnsweredReplay, ReplayResult)],
)
def test_internal_routes_answer_what_their_callers_expect(answered: type, expected: type) -> None:
    assert get_type_hints(answered).keys() >= get_type_hints(expected).keys()
    for name, kind in get_type_hints(expected).items():
        assert get_type_hints(answered)[name] == kind
