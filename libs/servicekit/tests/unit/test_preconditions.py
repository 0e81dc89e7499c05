"""Conditional requests, RFC 9110 section 13."""

import pytest
from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from servicekit.errors import PreconditionFailed
from servicekit.web.preconditions import apply_if_none_match, format_etag, require_match


class Thing(BaseModel):
    name: str = "now"


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


class TestIfMatch:
    @pytest.mark.parametrize("header", ['"3"', '"2", "3"', "*", ' "3" '])
    def test_lets_the_right_version_through(self, header: str) -> None:
        require_match(request(if_match=header), Thing(), 3)

    def test_that_is_absent_lets_everything_through(self) -> None:
        require_match(request(), Thing(), 3)

    @pytest.mark.parametrize("header", ['"2"', "3", 'W/"3"', ""])
    def test_refuses_any_other_and_shows_the_current_one(self, header: str) -> None:
        with pytest.raises(PreconditionFailed) as refusal:
            require_match(request(if_match=header), Thing(), 3)
        assert refusal.value.headers["ETag"] == '"3"'
        assert refusal.value.extensions() == {"current": {"name": "now"}}


class TestIfNoneMatch:
    def make_response(self, status: int = 200) -> Response:
        return Response("body", status, {"ETag": format_etag(3)})

    @pytest.mark.parametrize("header", ['"3"', 'W/"3"', '"1", "3"', "*"])
    def test_saves_the_body_of_a_known_version(self, header: str) -> None:
        found = apply_if_none_match(request(if_none_match=header), self.make_response())
        assert (found.status_code, found.body, found.headers["etag"]) == (304, b"", '"3"')

    @pytest.mark.parametrize("header", ['"2"', "3", ""])
    def test_gives_the_body_of_another_version(self, header: str) -> None:
        assert apply_if_none_match(request(if_none_match=header), self.make_response()).status_code == 200

    def test_does_not_touch_errors(self) -> None:
        assert apply_if_none_match(request(if_none_match="*"), self.make_response(404)).status_code == 404
