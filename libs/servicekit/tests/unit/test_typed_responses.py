"""Responses of other services, held to their types where they come in."""

import logging

import pytest

from contracts.api.internal import ExchangedToken
from contracts.names import App
from servicekit.dapr.sidecar import SidecarResponse
from servicekit.dapr.typed_responses import parse_response
from servicekit.errors import IncompleteResponse, Unavailable
from tests.fake_sidecar import make_raw_response, make_response

OPERATION = "POST /auth/exchange?secret=1"


class TestParseResponse:
    def test_gives_the_json_as_its_type(self) -> None:
        response = make_response(access_token="t", expires_in=60, more=1)
        assert parse_response(response, ExchangedToken, App.USER, OPERATION)["access_token"] == "t"

    def test_names_operation_and_field_in_the_log_and_the_service_in_the_problem(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR), pytest.raises(IncompleteResponse) as refusal:
            parse_response(make_response(access_token="t"), ExchangedToken, App.USER, OPERATION)
        assert caplog.messages == ["user answered POST /auth/exchange without expires_in"]
        assert (refusal.value.status, refusal.value.code) == (503, "response-incomplete")
        assert refusal.value.detail == "The service user sent an incomplete response."

    @pytest.mark.parametrize(
        "response", [make_raw_response(200), make_raw_response(200, b"[]"), make_raw_response(200, b'{"a"')]
    )
    def test_takes_nothing_but_an_object(self, response: SidecarResponse) -> None:
        with pytest.raises(Unavailable) as refusal:
            parse_response(response, ExchangedToken, App.USER, OPERATION)
        assert refusal.value.code == "user-unavailable"
