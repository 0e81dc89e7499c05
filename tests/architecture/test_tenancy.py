"""Every statement about an owned table is begun for its owner (decision 39)."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache

import pytest
from sqlmodel import SQLModel

from contracts.names import App
from tests.architecture.owned_statements import Breach, find_breaches, find_owned_names
from tests.architecture.sources import Module, production
from tests.json_types import DOCUMENT
from tests.other_owners import NOT_BY_ID

BOUND = ("analytics", "chat", "notification", "task", "user")
"""The services with a database. That of chat has no owned table: conversations are kept in Redis."""
NEXT_JOB = "a worker looks for the next job, whoever asked for it"
RETENTION = "drops what is past its time, of everybody"
BULK = "a bulk statement (decision 35): its rows carry their owner, and meet only those of the same one"
EVENTS = "one statement for the events of several users; what it finds is told apart by their ids"
OPERATORS = "dead letters are for operators, who see those of all users"
GAUGE = "counts for a metric"
SECRET = "a secret says whose row is asked for"
DEAD_LETTERS = "analytics_service.dead_letters.repository"
CHANNELS = "notification_service.channels.repository"
QUEUE = "notification_service.queue.repository"
REMINDERS = "notification_service.reminders.repository"
ACROSS_OWNERS = {
    "analytics_service.repository:": BULK,
    f"{DEAD_LETTERS}:count_by_topic": GAUGE,
    f"{DEAD_LETTERS}:delete_failed_before": RETENTION,
    f"{DEAD_LETTERS}:discard_dead_letters": OPERATORS,
    f"{DEAD_LETTERS}:find_by_id": OPERATORS,
    f"{DEAD_LETTERS}:group_dead_letters": OPERATORS,
    f"{DEAD_LETTERS}:list_dead_letters": OPERATORS,
    f"{DEAD_LETTERS}:lock_dead_letter": OPERATORS,
    f"{CHANNELS}:": EVENTS,
    f"{CHANNELS}:count_due": GAUGE,
    f"{CHANNELS}:load_delivery_jobs": NEXT_JOB,
    f"{CHANNELS}:lock_any_channel": "the worker's, by its delivery; or that of a signed link in an e-mail",
    f"{CHANNELS}:lock_any_delivery": "the worker's, by the id in its job; or that in a dead letter",
    f"{CHANNELS}:lock_any_webhooks": "secrets of everybody are re-encrypted with the next key",
    f"{CHANNELS}:purge_old": RETENTION,
    f"{QUEUE}:_ready_by_user": NEXT_JOB,
    f"{QUEUE}:_walk_users": NEXT_JOB,
    f"{QUEUE}:lease_deliveries": NEXT_JOB,
    f"{QUEUE}:purge_excess": "names the users that have too much",
    f"{QUEUE}:shed_excess": "names the users that have too much",
    "notification_service.quotas.repository:purge_uses": RETENTION,
    f"{REMINDERS}:": EVENTS,
    f"{REMINDERS}:count_due": GAUGE,
    f"{REMINDERS}:find_due_times": "of the tasks whose reminders are being fired, whoever they belong to",
    f"{REMINDERS}:purge_deleted_tasks": RETENTION,
    f"{REMINDERS}:purge_fired": RETENTION,
    f"{REMINDERS}:take_due": NEXT_JOB,
    "notification_service.repository:_build_lookup": EVENTS,
    "notification_service.repository:purge_entries": RETENTION,
    "task_service.calendar_feed.repository:find_feed_by_hash": SECRET,
    "task_service.fanout.repository:": NEXT_JOB,
    "task_service.fanout.repository:lock_next_job": NEXT_JOB,
    "task_service.fanout.repository:find_owner": "a worker asks whose job it has, to begin a unit of work",
    "task_service.filtering.repository:matches_text": "correlated with a task that was asked for its owner",
    "task_service.import_export.repository:": NEXT_JOB,
    "task_service.import_export.repository:lock_next_job": NEXT_JOB,
    "task_service.import_export.repository:purge_jobs": RETENTION,
    "task_service.import_export.repository:_make_insert": BULK,
    "task_service.retention.repository:users_with_trash": "names the users that have something to drop",
    "task_service.retention.repository:users_with_history": "names the users that have something to drop",
    "task_service.sync.repository:": BULK,
    "task_service.sync.repository:_allocate_numbers": BULK,
    "task_service.sync.repository:purge_deletions": RETENTION,
    "task_service.unit_of_work.session:_changing": BULK,
    "user_service.repository:delete_expired_api_tokens": RETENTION,
    "user_service.repository:delete_expired_refresh_tokens": RETENTION,
    "user_service.repository:find_api_token": SECRET,
    "user_service.repository:lock_refresh_token": SECRET,
}
"""Place → why it isn't about one owner. A module without a function: its statements that are made once."""
GIVEN_SESSION_AND_USER = {
    "task_service.quotas.recorder:count_new",
    "task_service.quotas.repository:add_amounts",
    "task_service.retention.repository:make_room",
    "task_service.retention.repository:purge_history",
    "task_service.retention.repository:purge_trash",
    "task_service.sync.change_log:collect_inserts",
    "task_service.unit_of_work.account:lock_user",
    "task_service.unit_of_work.account:record_erasure",
    "task_service.unit_of_work.account:require_account",
    "task_service.unit_of_work.unit:UnitOfWork.__init__",
    "task_service.unit_of_work.unit:UnitOfWork.begin",
}
"""What a unit of work is made of, or made with."""


@cache
def owned_models() -> dict[str, str]:
    """The names of models with a column `user_id`, and of their tables."""
    for app in set(App) - {App.FRONTEND}:
        importlib.import_module(f"{app}_service.main")
    return {
        model.__name__: str(model.__tablename__)
        for model in _subclasses(SQLModel)
        if hasattr(model, "__table__") and "user_id" in model.__table__.c
    }


def _subclasses(model: type[SQLModel]) -> Iterator[type[SQLModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _subclasses(child)


def dotted(module: Module) -> str:
    return ".".join(module.path.with_suffix("").parts).partition(".src.")[2]


@cache
def trees() -> dict[str, ast.Module]:
    sources = [module for module in production("services") if "src" in module.path.parts]
    return {dotted(module): ast.parse(module.text) for module in sources}


@cache
def breaches(service: str) -> tuple[Breach, ...]:
    models = owned_models()
    owned = find_owned_names(trees(), set(models))
    found = [
        breach
        for module, tree in trees().items()
        if module.startswith(f"{service}_service.")
        for breach in find_breaches(module, tree, owned[module], set(models.values()))
    ]
    return tuple(sorted(found))


def test_there_are_owned_tables() -> None:
    assert {"Task", "Project", "Reminder", "Channel", "ApiToken", "DailyCount"} <= set(owned_models())


@pytest.mark.parametrize("service", BOUND)
class TestStatements:
    def test_are_begun_for_an_owner(self, service: str) -> None:
        assert [each for each in breaches(service) if each.place not in ACROSS_OWNERS] == []

    def test_across_owners_are_still_there(self, service: str) -> None:
        listed = {place for place in ACROSS_OWNERS if place.startswith(f"{service}_service.")}
        assert listed - {each.place for each in breaches(service)} == set()


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (f"{node.name}." if isinstance(node, ast.ClassDef) else "") + each.name, each


class TestFunctions:
    def test_of_the_task_service_are_given_a_unit_of_work_rather_than_session_and_user(self) -> None:
        found = {
            f"{module}:{name}"
            for module, tree in trees().items()
            if module.startswith("task_service.")
            for name, function in _functions(tree)
            if {"session", "connection"} & (given := _parameters(function)) and {"user_id", "user"} & given
        }
        assert found == GIVEN_SESSION_AND_USER

    @pytest.mark.parametrize("service", BOUND)
    def test_of_a_repository_take_no_user(self, service: str) -> None:
        for module, tree in trees().items():
            for node in tree.body if module.startswith(f"{service}_service.") else ():
                if isinstance(node, ast.ClassDef) and node.name.endswith("Repository"):
                    for each in node.body:
                        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                            assert not {"user", "user_id", "owner"} & _parameters(each), (module, each.name)


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}


def test_what_is_found_by_an_id_is_tested_for_another_user() -> None:
    """`answers_to_strangers` asks for all of these kinds; each service's test brings what it has of them."""
    by_id = {path.split("/")[1] for path in DOCUMENT["paths"] if "{" in path and path not in NOT_BY_ID}
    assert by_id == {
        *("tasks", "projects", "labels", "filters", "import"),
        *("channels", "webhooks", "deliveries", "notifications", "reminders", "tokens"),
    }
    assert set(NOT_BY_ID) <= set(DOCUMENT["paths"])


class TestTheRule:
    """Finds each way around it, and nothing else."""

    IMPORTS = (
        "from sqlalchemy import select\nfrom app.models import Task\n_TASK = Task.metadata.tables['task'].c\n"
    )
    MODELS = "class Task: ...\nclass Account: ...\n"

    def find(self, source: str) -> list[str]:
        models, tree = ast.parse(self.MODELS), ast.parse(self.IMPORTS + source)
        owned = find_owned_names({"app.models": models, "app.queries": tree}, {"Task"})
        return [each.code for each in find_breaches("app.queries", tree, owned["app.queries"], {"task"})]

    @pytest.mark.parametrize(
        "statement",
        [
            "select(Task)",
            "select(Task).where(col(Task.id) == id)",
            "select(col(Task.id))",
            "select(func.count()).select_from(Task)",
            "select(func.count()).where(Task.done)",
            "select(_TASK.id)",
            "select(Account).join(Task, Task.account == Account.id)",
            "update(Task).values(done=True)",
            "delete(Task)",
            "exists().where(Task.id == id)",
            "Task.__table__.select()",
            "Task.__table__.delete().where(_TASK.id == id)",
            "insert(Task).from_select(['id'], other)",
            "session.get(Task, id)",
            "session.get_one(Task, id)",
            "session.identity_map.get(identity_key(Task, id))",
            "text('SELECT title FROM task WHERE id = :id')",
            "self.select(Account).where(col(Task.user_id) == user_id)",
            "_TASK.user_id == user_id",
            "_TASK['user_id'] == user_id",
            "col(Task.user_id).in_(users)",
        ],
    )
    def test_refuses(self, statement: str) -> None:
        assert self.find(f"def query(session, id: str, user_id: str):\n    return {statement}\n")
        assert self.find(f"QUERY = {statement}\n")

    @pytest.mark.parametrize(
        "source",
        [
            "def find(model: type[Named]):\n    return select(model)\n",
            "def find(model: Any):\n    return select(model.id)\n",
            "def find():\n    alias = aliased(Task)\n    return select(alias)\n",
            "def find():\n    for model in (Account, Task):\n        yield delete(model)\n",
            "TABLES = (Task,)\ndef find():\n    for model in TABLES:\n        yield delete(model)\n",
            "def find():\n    return [delete(model) for model in (Task,)]\n",
        ],
    )
    def test_refuses_what_only_means_an_owned_table(self, source: str) -> None:
        assert self.find(source)

    @pytest.mark.parametrize(
        "source",
        [
            "class Tasks:\n    def find(self, id: str):\n        return self.select(Task).limit(1)\n",
            "QUERY = ANY_OWNER.select(_TASK.id, of=_TASK)\n",
            "def find(owner: OwnerScope):\n    return owner.delete(Task).where(Task.done)\n",
            "def find(id: str):\n    return select(Account).where(Account.id == id)\n",
            "def find(self):\n    found = self.select(Task).cte()\n    return select(found.c.id)\n",
            "def check(task: Task, user_id: str):\n    return task.user_id == user_id\n",
            "def find(session, id: str):\n    return session.get(Account, id)\n",
            "def find(kinds: dict[str, int]):\n    return kinds.get('Task')\n",
        ],
    )
    def test_allows(self, source: str) -> None:
        assert self.find(source) == []
