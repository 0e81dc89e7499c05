"""Services ask each other through typed clients, and keep what they are made of in a typed container."""

import re
from typing import get_type_hints

import pytest
from task_service.import_export.schemas import ExportPage as AnsweredExportPage
from user_service.api_tokens.schemas import Exchanged

from contracts.api.internal import ExchangedToken, ExportPage
from tests.architecture.sources import Module, production

FRONTEND = [module for module in production("services") if module.service == "frontend"]
PATH_OF_A_SERVICE = re.compile(r"\.(?:get|send|send_file|invoke)\(\s*App\.")
STATE = re.compile(r"\bstate\.(\w+)")
OF_SERVICEKIT = {"sidecar", "verifier", "bulkheads"}
"""What `create_app` makes; `startup` takes it over into the container."""
OF_A_REQUEST = {"principal", "context"}


@pytest.mark.parametrize("module", FRONTEND, ids=lambda module: module.name)
class TestFrontend:
    def test_asks_services_in_its_clients_only(self, module: Module) -> None:
        if not {"clients", "account_export"} & set(module.path.parts) and module.path.stem not in (
            "sessions",  # before there is a token to ask with
            "api_tokens",
        ):
            assert not PATH_OF_A_SERVICE.search(module.text)

    def test_keeps_nothing_in_the_state_of_the_app_but_its_container(self, module: Module) -> None:
        known = {"container", *OF_A_REQUEST} | (OF_SERVICEKIT if module.path.stem == "startup" else set())
        assert set(STATE.findall(module.text)) <= known


@pytest.mark.parametrize(
    ("answered", "expected"), [(Exchanged, ExchangedToken), (AnsweredExportPage, ExportPage)]
)
def test_internal_routes_answer_what_their_callers_expect(answered: type, expected: type) -> None:
    assert get_type_hints(answered).keys() >= get_type_hints(expected).keys()
    for name, kind in get_type_hints(expected).items():
        assert get_type_hints(answered)[name] == kind
