"""So many units a window, for each client."""

import json

import pytest
from frontend_service.gateway import costs
from frontend_service.gateway.costs import COSTS, DEFAULT_COST, PAGE, PLAIN, Cost, override_costs, page_cost
from frontend_service.gateway.rate_limit import RateLimit
from frontend_service.gateway.upstreams import SPECIFICATION, read_operations
from frontend_service.settings import Settings, read_budgets

from servicekit.errors import TooManyRequests


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("frontend_service.gateway.rate_limit.time.monotonic", lambda: now[0])
    return now


@pytest.mark.usefixtures("clock")
class TestRateLimit:
    def test_reports_what_is_left_and_for_how_long(self, clock: list[float]) -> None:
        limit = RateLimit(3, 10)
        limit.count("ada")
        clock[0] += 4
        headers = {"RateLimit-Policy": '"default";q=3;w=10', "RateLimit": '"default";r=1;t=7'}
        assert limit.count("ada") == headers

    def test_refuses_one_request_more_and_says_when_to_retry(self, clock: list[float]) -> None:
        limit = RateLimit(3, 10)
        for _ in range(3):
            limit.count("ada")
        clock[0] += 4
        with pytest.raises(TooManyRequests) as refusal:
            limit.count("ada")
        assert refusal.value.headers["Retry-After"] == "7"
        assert refusal.value.headers["RateLimit"] == '"default";r=0;t=7'

    def test_counts_each_client_separately(self) -> None:
        limit = RateLimit(1, 10)
        limit.count("ada")
        limit.count("bob")

    def test_resets_with_each_window(self, clock: list[float]) -> None:
        limit = RateLimit(1, 10)
        for _ in range(5):
            limit.count("ada")
            clock[0] += 10


@pytest.mark.usefixtures("clock")
class TestRequestWeights:
    def test_can_count_more_than_one(self) -> None:
        limit = RateLimit(10, 10)
        assert limit.count("ada", Cost(4))["RateLimit"] == '"default";r=6;t=11'
        assert limit.count("ada", Cost(4))["RateLimit"] == '"default";r=2;t=11'

    def test_refuse_expensive_requests_and_let_cheap_ones_through(self) -> None:
        limit = RateLimit(10, 10)
        limit.count("ada", Cost(8))
        with pytest.raises(TooManyRequests) as refusal:
            limit.count("ada", Cost(4))
        assert refusal.value.headers["RateLimit"] == '"default";r=2;t=11'
        limit.count("ada", Cost(2))

    def test_allow_every_request_once_however_low_the_limit(self) -> None:
        limit = RateLimit(3, 10)
        limit.count("ada", Cost(100))
        with pytest.raises(TooManyRequests):
            limit.count("ada")


class TestBudgets:
    def test_are_reported_next_to_the_general_limit(self, clock: list[float]) -> None:
        limit = RateLimit(10, 10, {"sign_ups": 2})
        assert limit.count("ada", Cost(2, "sign_ups")) == {
            "RateLimit-Policy": '"default";q=10;w=10, "sign-ups";q=2;w=3600',
            "RateLimit": '"default";r=8;t=11, "sign-ups";r=1;t=3601',
        }

    def test_refuse_only_their_own_operations_for_an_hour(self, clock: list[float]) -> None:
        limit = RateLimit(100, 10, {"imports": 2, "exports": 1})
        for _ in range(2):
            limit.count("ada", Cost(1, "imports"))
        clock[0] += 100
        with pytest.raises(TooManyRequests) as refusal:
            limit.count("ada", Cost(1, "imports"))
        assert refusal.value.headers["Retry-After"] == "3501"
        assert '"imports";r=0;t=3501' in refusal.value.headers["RateLimit"]
        limit.count("ada", Cost(1, "exports"))
        limit.count("ada")
        limit.count("bob", Cost(1, "imports"))
        clock[0] += 3501
        limit.count("ada", Cost(1, "imports"))

    def test_are_not_spent_by_requests_the_general_limit_refuses(self, clock: list[float]) -> None:
        limit = RateLimit(1, 10, {"imports": 5})
        limit.count("ada", Cost(1, "imports"))
        with pytest.raises(TooManyRequests):
            limit.count("ada", Cost(1, "imports"))
        used = {usage.name: usage.used for usage in limit.list_usage("ada")}
        assert used == {"requests": 1, "imports": 1}


class TestCostTable:
    def test_has_every_operation_of_the_api_and_no_other(self) -> None:
        paths = json.loads(SPECIFICATION.read_text())["paths"].values()
        assert {each["operationId"] for verbs in paths for each in verbs.values()} | {"agents"} == set(COSTS)

    def test_has_each_operation_once(self) -> None:
        written = [name for names in costs._BY_WEIGHT.values() for name in names.split()]
        assert sorted(written) == sorted(set(written))
        assert set(costs._BUDGETS) <= set(written)

    def test_makes_every_change_more_expensive_than_a_plain_read(self) -> None:
        for template, verbs in json.loads(SPECIFICATION.read_text())["paths"].items():
            for verb, each in verbs.items():
                if verb != "get":
                    assert COSTS[each["operationId"]].weight > PLAIN, template

    def test_can_be_configured_by_the_deployment(self) -> None:
        settings = Settings.model_validate({"rate_weights": {"start_import": 7}, "quota_imports": 3})
        found = override_costs(settings.rate_weights)
        assert found["start_import"] == Cost(7, "imports")
        assert found["read_task"] == COSTS["read_task"]
        assert read_budgets(settings)["imports"] == 3
        with pytest.raises(ValueError, match="start_imports"):
            override_costs({"start_imports": 7})

    @pytest.mark.parametrize(
        ("method", "path", "operation"),
        [
            ("GET", "/tasks", "list_tasks"),
            ("HEAD", "/tasks/01a2", "read_task"),
            ("POST", "/import", "start_import"),
            ("POST", "/auth/sign-up", "sign_up"),
            ("POST", "/mcp", "agents"),
        ],
    )
    def test_is_looked_up_by_method_and_path(self, method: str, path: str, operation: str) -> None:
        assert read_operations().cost(method, path) == COSTS[operation]

    @pytest.mark.parametrize("path", ["", "/", "/nothing", "/tasks/a/b/c/d", "/import/"])
    def test_has_a_default_cost_for_unknown_operations(self, path: str) -> None:
        assert read_operations().cost("POST", path) == DEFAULT_COST

    def test_charges_a_sign_up_in_the_page_the_same(self) -> None:
        assert page_cost("POST", "/sign-up") == COSTS["sign_up"]
        assert page_cost("GET", "/sign-up") == PAGE
