"""What is wrong with a field is said in our words, whatever the validator calls it."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx2
import pytest
from frontend_service.clients.problem_messages import rephrase_detail, rephrase_problem
from frontend_service.clients.service_client import UpstreamError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, HttpUrl, ValidationError

from services.frontend.tests.fake_services import FakeServices, a_task, problem
from tests.fake_sidecar import make_response

VALIDATOR = re.compile(
    r"Input should|should (?:be|have|match)|String |valid (?:string|integer|list|dict)|permitted"
    r"|Field required|validation|Value error|_error|/\w+: |parsing"
)
HTMX = {"hx-request": "true"}
ID = a_task()["id"]


class Everything(BaseModel):
    """Something of each kind that the services take."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=5)] = "a"
    name: Annotated[str, Field(min_length=3, pattern="^[a-z]+$")] = "abc"
    priority: Annotated[int, Field(ge=0, le=4)] = 0
    more: Annotated[float, Field(gt=0, lt=4)] = 1
    labels: Annotated[list[Annotated[str, Field(max_length=3)]], Field(max_length=2)] = []
    due_date: date | None = None
    due_time: time | None = None
    at: AwareDatetime | datetime | None = None
    kind: Literal["push", "email"] = "push"
    sure: bool = True
    id: UUID | None = None
    url: HttpUrl | None = None
    email: EmailStr | None = None
    nested: dict[str, int] = {}


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    st.sampled_from(["2026-13-01", "25:99", "nobody", "ftp:/x", "2026-01-01T00:00", "http://", "a@b"]),
)


class TestProblemMessage:
    @given(field=st.sampled_from([*Everything.model_fields, "unknown"]), value=ANYTHING)
    def test_never_has_the_wording_of_the_validator(self, field: str, value: Any) -> None:
        try:
            Everything.model_validate({field: value})
        except ValidationError as error:
            for each in error.errors():
                message = rephrase_detail(each["msg"].removeprefix("Value error, "))
                assert message
                assert not VALIDATOR.search(message), (each["msg"], message)
                assert not VALIDATOR.search(rephrase_problem(f"/{field}: {each['msg']}")), each["msg"]

    @pytest.mark.parametrize(
        ("detail", "message"),
        [
            ("String should have at most 500 characters", "Use at most 500 characters."),
            ("String should have at least 1 character", "This can't be empty."),
            ("due_time needs a due_date", "A time also needs a date."),
            (
                "A label with this name already exists: “work”.",
                "A label with this name already exists: “work”.",
            ),
        ],
    )
    def test_says_what_is_wrong(self, detail: str, message: str) -> None:
        assert rephrase_detail(detail) == message

    def test_of_several_fields_names_no_pointer(self) -> None:
        detail = "/title: String should have at least 1 character; /due_date: Field required"
        refused = UpstreamError({"detail": detail}, 422)
        assert refused.detail == "This can't be empty. This is required."


FORMS = {
    "/tasks": "POST /tasks",
    f"/tasks/{ID}": f"PATCH /tasks/{ID}",
    f"/tasks/{ID}/subtasks": "POST /tasks",
    "/projects": "POST /projects",
    "/filters?filter=x": "POST /filters",
    f"/lists/projects/{ID}": f"PATCH /projects/{ID}",
    f"/lists/labels/{ID}": f"PATCH /labels/{ID}",
    f"/lists/filters/{ID}": f"PATCH /filters/{ID}",
    "/assistant/messages": "POST /chat/messages",
    "/account": "PATCH /users/me",
    "/account/tokens": "POST /tokens",
    "/account/calendar": "POST /calendar",
    "/account/delete": "DELETE /users/me",
    "/settings": "PATCH /preferences",
    "/settings/webhooks": "POST /webhooks",
    "/settings/email": "POST /channels",
    "/sign-up": "POST /auth/sign-up",
    "/sign-in": "POST /auth/sign-in",
}


STORED = {
    "GET /users/me": make_response(email="a@b.c", name="Ada", time_zone="UTC", week_start=None, version=1),
    "GET /preferences": make_response(
        time_zone="UTC",
        quiet_from=None,
        quiet_to=None,
        day_starts_at="09:00:00",
        default_reminder=None,
        digest_at=None,
        email_available=True,
        push_key="k",
    ),
}


class TestForms:
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "fragment"])
    @pytest.mark.parametrize("path", FORMS)
    @pytest.mark.parametrize("pointer", ["/title", "/name", "/quick", "/text", "/email", "/recurrence/rule"])
    async def test_say_what_is_wrong_in_messages_of_the_pages(
        self,
        ada: httpx2.AsyncClient,
        services: FakeServices,
        path: str,
        headers: dict[str, str],
        pointer: str,
    ) -> None:
        detail = "Input should be a valid string"
        services.responses |= STORED
        services.responses[f"GET /tasks/{ID}"] = make_response(**a_task())
        services.responses[FORMS[path]] = problem(
            422, "invalid", f"{pointer}: {detail}", errors=[{"pointer": pointer, "detail": detail}]
        )
        form = {"title": "x", "name": "x", "key": "k", "typed": "a@b.c"}
        response = await ada.post(path, data=form, headers=headers)
        assert services.called(FORMS[path]), "another form was sent"
        assert not VALIDATOR.search(re.sub(r"<[^>]*>", " ", response.text)), path
