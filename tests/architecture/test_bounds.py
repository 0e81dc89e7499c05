"""Every table of every service is bounded: by a quota of its accounts, by a purge, or by a row an account."""

import importlib
import inspect
import re
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
from sqlmodel import SQLModel

from contracts.names import App

ROUTES = tuple(app for app in App if app is not App.FRONTEND)  # which has no database


class Bound:
    """What keeps a table from growing without end; `check` holds it to the code."""

    def check(self, app: str, model: type[SQLModel]) -> None:
        raise NotImplementedError


class Quotas(Bound):
    """Settings of the service: `quota_` and the name."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def check(self, app: str, model: type[SQLModel]) -> None:
        settings = importlib.import_module(f"{app}_service.settings").Settings
        assert {f"quota_{name}" for name in self.names} <= set(settings.model_fields)


class Purged(Bound):
    """A function that deletes from the table, called by one that keeps house."""

    def __init__(self, purge: str, by: str) -> None:
        self.purge, self.by = purge, by

    def check(self, app: str, model: type[SQLModel]) -> None:
        source = inspect.getsource(_found(self.purge))
        assert model.__name__ in source, self.purge
        name = re.split("[:.]", self.purge)[-1]
        assert name in inspect.getsource(_found(self.by)), self.by


class RowOf(Bound):
    """One row for each of something that is bounded: the primary key is its id, and maybe a date."""

    def __init__(self, *key: str) -> None:
        self.key = key

    def check(self, app: str, model: type[SQLModel]) -> None:
        table = SQLModel.metadata.tables[str(model.__tablename__)]
        assert tuple(column.name for column in table.primary_key) == self.key


def _found(name: str) -> Any:
    """`module:function`, `module:Class.method`, or a module alone."""
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    return attrgetter(attribute)(found) if attribute else found


ACCOUNT = RowOf("id")
OWN_ROW = RowOf("user_id")
HOUSE = "notification_service.retention:purge_expired"
REMINDERS = "notification_service.reminders.repository"
CHANNELS = "notification_service.channels.repository"
CHANGES = "task_service.sync"
FAN_OUTS = "task_service.fanout.repository:FanOutRepository"

SHARED: dict[str, Bound] = {
    "outbox": Bound(),  # the relay deletes what Kafka has: libs/servicekit/tests/unit/test_relay.py
    "inbox": Purged("servicekit.messaging.processed_messages:purge_expired", by="servicekit.app"),
    "idempotency": Purged("servicekit.web.idempotency:purge_expired", by="servicekit.app"),
}
BOUNDS: dict[str, dict[str, Bound]] = {
    App.USER: {
        "user_account": ACCOUNT,
        "refresh_token": Quotas("sessions"),
        "api_token": Quotas("api_tokens"),
    },
    App.TASK: {
        "task": Quotas("tasks", "bytes_of_text", "trashed_tasks", "bytes_in_trash"),
        "task_text": RowOf("user_id", "task_id"),
        "task_label": RowOf("user_id", "key", "task_id"),
        "project": Quotas("projects", "trashed_projects"),
        "label": Quotas("labels"),
        "saved_filter": Quotas("filters"),
        "activity": Quotas("bytes_of_history"),
        "erased_owner": ACCOUNT,
        "change": Purged(f"{CHANGES}.repository:purge_deletions", by=f"{CHANGES}.use_cases"),
        "change_counter": OWN_ROW,
        "calendar_feed": OWN_ROW,
        "account_usage": OWN_ROW,
        "import_job": Purged(
            "task_service.import_export.repository:purge_jobs", by="task_service.import_export.use_cases"
        ),
        "fan_out": Purged(f"{FAN_OUTS}.drop_job", by="task_service.fanout.worker"),
        "fan_out_task": Purged(f"{FAN_OUTS}.drop_tasks", by="task_service.fanout.worker"),
    },
    App.CHAT: {"erased_speaker": ACCOUNT},
    App.NOTIFICATION: {
        "person": ACCOUNT,
        "known_task": Purged(f"{REMINDERS}:purge_deleted_tasks", by=HOUSE),
        "reminder": Purged(f"{REMINDERS}:purge_fired", by=HOUSE),
        "notification": Quotas("inbox_entries"),
        "channel": Quotas("webhooks", "push_subscriptions"),
        "delivery": Quotas("deliveries_stored", "deliveries_waiting"),
        "attempt": Purged(f"{CHANNELS}:purge_old", by=HOUSE),
        "wake_up": Purged(f"{REMINDERS}:delete_past_jobs", by="notification_service.reminders.dispatcher"),
        "quota_use": Purged("notification_service.quotas.repository:purge_uses", by=HOUSE),
    },
    App.ANALYTICS: {
        "count": RowOf("user_id", "day", "name"),
        "erased_user": ACCOUNT,
        "dead_letter": Purged(
            "analytics_service.dead_letters.repository:delete_failed_before",
            by="analytics_service.dead_letters.retention",
        ),
    },
}


def models() -> dict[str, dict[str, type[SQLModel]]]:
    """All tables there are, by service; `servicekit` for those that each has."""
    for app in ROUTES:
        importlib.import_module(f"{app}_service.main")
    found: dict[str, dict[str, type[SQLModel]]] = {}
    for model in _below(SQLModel):
        if hasattr(model, "__table__"):
            service = model.__module__.partition(".")[0].removesuffix("_service")
            found.setdefault(service, {})[str(model.__tablename__)] = model
    return found


def _below(model: type[SQLModel]) -> Iterator[type[SQLModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)


class TestTables:
    def test_are_all_bounded(self) -> None:
        bounded = {**{str(app): set(bounds) for app, bounds in BOUNDS.items()}, "servicekit": set(SHARED)}
        assert {service: set(tables) for service, tables in models().items()} == bounded

    @pytest.mark.parametrize("app", ROUTES)
    def test_are_bounded_by_what_is_there(self, app: App) -> None:
        for name, bound in BOUNDS[app].items():
            bound.check(app, models()[app][name])

    def test_of_all_services_are_purged(self) -> None:
        for name in ("inbox", "idempotency"):
            SHARED[name].check("", models()["servicekit"][name])
