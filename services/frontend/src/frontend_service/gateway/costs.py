"""What each operation costs of a client's rate limit, and which few have a small budget of their own.

One unit is a plain read of one thing, about a millisecond of a processor. The weights are measured roughly
and set by hand; what matters is that a hundred imports are not as cheap as a hundred reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Budget = Literal["imports", "exports", "delivery_tests", "sign_ups"]
PLAIN = 1
BUDGET_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Cost:
    """Units of the rate limit, and the budget that one more use is counted in."""

    weight: int = PLAIN
    budget: Budget | None = None


_BY_WEIGHT: Mapping[int, str] = {
    1: """read_task read_project read_label read_filter read_me read_preferences read_reminder read_feed
        read_import read_conversation read_dead_letter list_projects list_labels list_filters list_channels
        list_webhooks list_tokens""",
    2: """list_notifications list_reminders list_deliveries list_activity list_conversations read_summary
        list_occurrences sign_out mark_read revoke_token remove_channel remove_webhook cancel_reminder
        snooze_reminder unsubscribe note_receipt stream end_feed""",
    3: """create_task update_task delete_task complete_task reopen_task restore_task move_task
        skip_occurrence unskip_occurrence create_project update_project create_label create_filter
        update_filter delete_filter create_reminder update_me change_preferences create_token
        renew_feed undo refresh list_groups list_dead_letters discard_dead_letter replay_dead_letter""",
    4: "list_tasks list_changes parse_quick_add read_account_usage agents",
    5: "add_channel add_webhook rotate_secret retire_secret discard_group replay_group update_label",
    10: "delete_label delete_project restore_project delete_me redeliver test_channel test_webhook subscribe",
    20: "say sign_up sign_in",
    40: "run_batch start_import export_tasks",
    100: "export_account",
}
_BUDGETS: Mapping[str, Budget] = {
    "start_import": "imports",
    "export_tasks": "exports",
    "export_account": "exports",
    "test_channel": "delivery_tests",
    "test_webhook": "delivery_tests",
    "sign_up": "sign_ups",
}


def _all_costs() -> Iterator[tuple[str, Cost]]:
    for weight, operations in _BY_WEIGHT.items():
        for operation in operations.split():
            yield operation, Cost(weight, _BUDGETS.get(operation))


COSTS: Mapping[str, Cost] = dict(_all_costs())
"""By `operationId` of the OpenAPI document; `agents` is `POST /mcp`."""
DEFAULT_COST = Cost()
"""Of what is no operation: it is refused at once."""
PAGE, FORM = Cost(4), Cost(6)
"""Of a page, which asks a few services, and of what is sent from one."""
PAGES: Mapping[tuple[str, str], Cost] = {
    ("POST", "/sign-up"): COSTS["sign_up"],
    ("POST", "/sign-in"): COSTS["sign_in"],
    ("POST", "/assistant"): COSTS["say"],
    ("POST", "/account/import"): COSTS["start_import"],
    ("POST", "/account/import/start"): COSTS["start_import"],
    ("POST", "/account/delete"): COSTS["delete_me"],
}
"""Pages that cost what the operation behind them costs."""


def override_costs(weights: Mapping[str, int]) -> Mapping[str, Cost]:
    """`COSTS` with other weights for some operations. Raises `ValueError` for one there is none of."""
    if unknown := weights.keys() - COSTS.keys():
        raise ValueError(f"rate_weights names no operation: {', '.join(sorted(unknown))}")
    return {name: Cost(weights.get(name, cost.weight), cost.budget) for name, cost in COSTS.items()}


def page_cost(method: str, path: str) -> Cost:
    """Units of the rate limit for a page or a form. Raises nothing: an unknown path costs as a page."""
    return PAGES.get((method, path)) or (PAGE if method in ("GET", "HEAD") else FORM)
