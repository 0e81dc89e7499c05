"""How much of each quota the account uses, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from frontend_service.gateway.account_usage import collect_usage
from frontend_service.web.request_context import RequestContext
from servicekit.errors import ServiceError
from servicekit.security.auth import Principal
from servicekit.web.quotas import Usage

NAMES: Mapping[str, str] = {
    "bytes_of_text": "Text of tasks",
    "bytes_in_trash": "Text in the trash",
    "bytes_of_history": "History of tasks",
    "trashed_tasks": "Tasks in the trash",
    "trashed_projects": "Projects in the trash",
    "filters": "Saved filters",
    "sessions": "Signed-in devices",
    "api_tokens": "API tokens",
    "conversation_bytes": "Text of conversations",
    "streams": "Open pages and streams",
    "inbox_entries": "Notifications",
    "push_subscriptions": "Notified browsers",
}
PERIODS: Mapping[int, str] = {60: "a minute", 3600: "an hour", 86400: "a day"}


@dataclass(frozen=True, slots=True)
class Bar:
    """name, told: in words. used, limit: for the bar."""

    name: str
    text: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class UsageBars:
    """away: some of it can't be read right now."""

    bars: tuple[Bar, ...] = ()
    away: bool = False


async def read_quota_usage(context: RequestContext) -> UsageBars:
    """Usage of all services; `away` where some of it can't be read. Raises only for an ended session."""
    principal: Principal = context.request.state.principal
    try:
        found = await collect_usage(context.container, principal)
    except ServiceError as error:
        if error.status == 401:
            raise
        return UsageBars(away=True)
    return UsageBars(tuple(build_bar(item) for item in found.items), away=bool(found.missing))


def build_bar(usage: Usage) -> Bar:
    name = NAMES.get(usage.name) or usage.name.replace("_", " ").capitalize()
    text = f"{format_amount(usage.used, usage.unit)} of {format_amount(usage.limit, usage.unit)}"
    if usage.window_seconds:
        text += f" in {PERIODS.get(usage.window_seconds, f'{usage.window_seconds:,} seconds')}"
    return Bar(name, text, min(usage.used, usage.limit), max(usage.limit, 1))


def format_amount(number: int, unit: str) -> str:
    """`1,234`; bytes as kB or MB of 1000 and 1000² bytes."""
    if unit != "bytes" or number < 1000:
        return f"{number:,}" + (" bytes" if unit == "bytes" else "")
    return f"{number / 1000:,.0f} kB" if number < 999_500 else f"{number / 1_000_000:,.1f} MB"
