"""Rehearses the loss of PostgreSQL: recovers another from the archive beside it, compares, deletes it.

The recovered one is a release of charts/data in a namespace of its own, which nothing but the operator
reaches. What is measured: for how long an acknowledged write would be lost with all volumes (RPO), and how
long it takes until everything is there again and compared (RTO).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from backup.manifest import Content

from contracts.names import App
from delivery.access import Access
from delivery.backups import DATABASES
from delivery.environments import CHARTS, Environment
from delivery.infrastructure_values import read_values
from delivery.operators import build_waits
from delivery.sql_session import SqlSession, compare_fingerprints, find_primary
from devstack.errors import CommandError

ARCHIVER = "barman-cloud.cloudnative-pg.io"
RELEASE = "restore-drill"
RECORD = "restore-drill"
"""ConfigMap with the results of past drills, by their time."""
KEPT_RESULTS = 20
RPO_SECONDS, RTO_SECONDS = 300, 3600
"""The goals of docs/RUNBOOK.md."""
LOCK_ATTEMPTS = 20
PAUSE_SECONDS = 1
ARCHIVE_SECONDS = 2 * RPO_SECONDS
GONE = "300s"
TIME = "%Y-%m-%dT%H:%M:%SZ"

T = TypeVar("T")
Fingerprints = Mapping[str, Mapping[str, Content]]
"""By database and table."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a drill found.

    target: the time or the position of the log that was recovered to.
    rpo_seconds: from a commit until it was in the archive; None for a time in the past.
    rto_seconds: until the recovered databases were compared.
    differences: a line for each table that is not as it was.
    """

    began: datetime
    target: str
    rpo_seconds: float | None
    rto_seconds: float
    rows: Mapping[str, int]
    differences: Sequence[str] = ()

    @property
    def met(self) -> bool:
        in_time = self.rto_seconds <= RTO_SECONDS and (self.rpo_seconds or 0) <= RPO_SECONDS
        return in_time and not self.differences

    @property
    def lines(self) -> list[str]:
        rpo = "" if self.rpo_seconds is None else f"RPO {self.rpo_seconds:.0f} s (goal {RPO_SECONDS}), "
        compared = "compared with what was there" if self.rpo_seconds is not None else "as it was then"
        rows = ", ".join(f"{app} {count}" for app, count in self.rows.items())
        return [
            f"recovered to {self.target}: {rpo}RTO {self.rto_seconds:.0f} s (goal {RTO_SECONDS})",
            f"rows, {compared}: {rows}",
            *self.differences,
        ]


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in the write-ahead log, and what every database held there."""

    lsn: str
    rpo_seconds: float
    fingerprints: Fingerprints


def run_restore_drill(access: Access, environment: Environment, at: str = "", *, wait: str = "60m") -> Result:
    """Recover to `at` (as `TIME`), or to this very moment, which is then compared table by table.

    Writes wait for a fraction of a second while the moment is taken. Raises `CommandError` if nothing is
    archived, if it does not come up, or if a drill is running already; nothing is left of it in any case.
    """
    began = datetime.now(UTC)
    server = find_archive(access, at)
    mark = None if at else mark_moment(access)
    started = time.monotonic()
    target = {"time": at} if mark is None else {"lsn": mark.lsn}
    with scratch_postgres(access, environment, server, target, wait) as scratch:
        found = read_fingerprints(scratch)
    result = Result(
        began=began,
        target=at or (mark.lsn if mark else ""),
        rpo_seconds=mark.rpo_seconds if mark else None,
        rto_seconds=time.monotonic() - started,
        rows={app: sum(each.rows for each in tables.values()) for app, tables in found.items()},
        differences=compare_fingerprints(mark.fingerprints, found) if mark else (),
    )
    record_result(access, result)
    return result


def find_archive(access: Access, at: str = "") -> str:
    """The folder PostgreSQL writes to. Raises `CommandError` if it archives nothing, or not since `at`."""
    spec = json.loads(access.kubectl("get", "clusters.postgresql.cnpg.io/postgres", "--output=json"))["spec"]
    plugin = next((each for each in spec.get("plugins", []) if each["name"] == ARCHIVER), None)
    if plugin is None:
        raise CommandError(f"PostgreSQL of {access.namespace} archives nothing: it has no bucket.")
    server = str(plugin["parameters"]["serverName"])
    store = json.loads(access.kubectl("get", "objectstores.barmancloud.cnpg.io/postgres", "--output=json"))
    window = store.get("status", {}).get("serverRecoveryWindow", {}).get(server, {})
    first = window.get("firstRecoverabilityPoint", "")
    if not first:
        raise CommandError(f"There is no base backup of {server} yet.")
    if at and at < first:
        raise CommandError(f"The archive of {server} reaches back to {first}.")
    return server


def mark_moment(access: Access, databases: Sequence[App] = DATABASES) -> Mark:
    """Take a position in the log and what all databases hold there; returns once the archive has it.

    All tables are locked against writes while position and snapshots are taken, so that nothing is committed
    in between; counting goes on without locks. Raises `CommandError` if somebody holds a table for too long.
    """
    pod = find_primary(access)
    with ExitStack() as stack:
        counting = [stack.enter_context(SqlSession(access, pod, app)) for app in databases]
        with _locked_tables(access, pod, databases) as holder:
            lsn = holder.ask_one("SELECT pg_current_wal_insert_lsn()")
            _each(counting, SqlSession.begin)
        committed = time.monotonic()
        message = "SELECT pg_walfile_name(pg_logical_emit_message(true, 'restore-drill', ''))"
        with SqlSession(access, pod, "postgres") as session:
            segment = session.ask_one(message)
            with ThreadPoolExecutor(1) as pool:
                archived = pool.submit(_await_segment, session, segment)
                found = _each(counting, SqlSession.read_fingerprint)
                rpo_seconds = archived.result() - committed
    return Mark(lsn, rpo_seconds, {app.value: each for app, each in zip(databases, found, strict=True)})


@contextmanager
def _locked_tables(access: Access, pod: str, databases: Sequence[App]) -> Iterator[SqlSession]:
    """One of the sessions that hold the locks; what is held for too long is let go and tried again."""
    failure = CommandError("never tried")
    for _ in range(LOCK_ATTEMPTS):
        with ExitStack() as stack:
            sessions = [stack.enter_context(SqlSession(access, pod, app)) for app in databases]
            try:
                _each(sessions, SqlSession.lock_tables)
            except CommandError as error:
                failure = error
            else:
                yield sessions[0]
                _each(sessions, lambda session: session.ask("COMMIT"))
                return
        time.sleep(PAUSE_SECONDS)
    raise CommandError(f"Tables are written to without a break: {failure}")


def _await_segment(session: SqlSession, segment: str) -> float:
    """When (`time.monotonic`) a segment of the log was archived. Raises `CommandError` after a while."""
    deadline = time.monotonic() + ARCHIVE_SECONDS
    newest = "SELECT left(last_archived_wal, 24) FROM pg_stat_archiver"
    while time.monotonic() < deadline:
        if session.ask_one(newest) >= segment:
            return time.monotonic()
        time.sleep(PAUSE_SECONDS)
    raise CommandError(f"{segment} was not archived within {ARCHIVE_SECONDS} s.")


@contextmanager
def scratch_postgres(
    access: Access, environment: Environment, server: str, target: Mapping[str, str], wait: str
) -> Iterator[Access]:
    """PostgreSQL recovered from the archive of `server`, in a namespace that goes with it."""
    scratch = replace(access, namespace=f"{access.namespace}-restore-drill")
    access.kubectl("create", "--filename", "-", stdin=json.dumps(_build_namespace(scratch.namespace)))
    try:
        _copy_secrets(access, scratch)
        _install(access, scratch, environment, {"server": server, **target}, wait)
        yield scratch
    finally:
        access.kubectl("delete", "namespace", scratch.namespace, f"--timeout={GONE}")


def read_fingerprints(access: Access, databases: Sequence[App] = DATABASES) -> Fingerprints:
    """What each database holds."""
    pod = find_primary(access)
    with ExitStack() as stack:
        sessions = [stack.enter_context(SqlSession(access, pod, app)) for app in databases]
        _each(sessions, SqlSession.begin)
        found = _each(sessions, SqlSession.read_fingerprint)
    return {app.value: each for app, each in zip(databases, found, strict=True)}


def record_result(access: Access, result: Result) -> None:
    """Into the ConfigMap `RECORD`, beside the last ones."""
    found = access.kubectl("get", "configmap", RECORD, "--ignore-not-found", "--output=json").strip()
    past: dict[str, str] = json.loads(found).get("data", {}) if found else {}
    key = result.began.strftime("%Y%m%dT%H%M%SZ")
    kept = dict(sorted({**past, key: "\n".join(result.lines)}.items())[-KEPT_RESULTS:])
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": RECORD}, "data": kept}
    how = ["--server-side", "--force-conflicts", "--filename", "-"]
    access.kubectl("apply", *how, stdin=json.dumps(manifest))


def _build_namespace(name: str) -> dict[str, object]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "app.kubernetes.io/part-of": "todo"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _copy_secrets(access: Access, scratch: Access) -> None:
    """The key of the bucket and the passwords of the roles: those that a recovery needs."""
    cluster = json.loads(access.kubectl("get", "clusters.postgresql.cnpg.io/postgres", "--output=json"))
    store = json.loads(access.kubectl("get", "objectstores.barmancloud.cnpg.io/postgres", "--output=json"))
    roles = cluster["spec"].get("managed", {}).get("roles", [])
    names = {each["passwordSecret"]["name"] for each in roles}
    names |= {each["name"] for each in store["spec"]["configuration"]["s3Credentials"].values()}
    for name in sorted(names):
        secret = json.loads(access.kubectl("get", "secret", name, "--output=json"))
        copy = {key: secret[key] for key in ("apiVersion", "kind", "type", "data")}
        manifest = {**copy, "metadata": {"name": name}}
        scratch.kubectl("create", "--filename", "-", stdin=json.dumps(manifest))


def _install(
    access: Access, scratch: Access, environment: Environment, recovery: Mapping[str, str], wait: str
) -> None:
    """charts/data as the environment has it, but PostgreSQL alone, of one instance, archiving nothing."""
    settings = {
        "kafka.enabled": "false",
        "redis.enabled": "false",
        "postgres.instances": "1",
        "postgres.archive.active": "false",
    }
    options = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    for name, value in recovery.items():
        options += ["--set-string", f"postgres.recovery.{name}={value}"]
    values = [part for path in environment.values_of("data") for part in ("--values", path)]
    install = ["install", RELEASE, str(CHARTS / "data"), *values, *options, f"--timeout={wait}"]
    scratch.helm(*install, stdin=read_values(access).by_chart["data"])
    for each in build_waits(scratch.helm("get", "manifest", RELEASE), wait):
        scratch.kubectl(*each)


def _each(sessions: Sequence[SqlSession], ask: Callable[[SqlSession], T]) -> list[T]:
    """At the same time, since each waits for the server."""
    with ThreadPoolExecutor(len(sessions)) as pool:
        return list(pool.map(ask, sessions))
