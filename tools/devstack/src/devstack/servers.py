"""Redis, PostgreSQL and the Dapr scheduler."""

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from contracts.names import App
from devstack import processes
from devstack.addresses import HOST, Addresses
from devstack.credentials import Secrets
from devstack.errors import CommandError
from devstack.paths import RunFolder
from devstack.toolbox.dapr import SCHEDULER
from devstack.toolbox.debian import POSTGRES, REDIS
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.tool import require_command, run_command

DATABASES = [app.value for app in App if app is not App.FRONTEND]
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; then it runs as this account."""


def start_redis(folder: RunFolder, where: Addresses, secrets: Secrets) -> processes.Process:
    data = folder.path / "redis"
    data.mkdir(exist_ok=True)
    config = data / "redis.conf"
    config.write_text(f"requirepass {secrets['redis']['password']}\n")
    config.chmod(0o600)
    options = [
        "--bind",
        HOST,
        "--port",
        str(where.redis),
        "--dir",
        str(data),
        "--save",
        "",
        "--appendonly",
        "yes",
    ]
    return processes.start_process(
        folder, "redis", [str(find_tool(REDIS)), str(config), *options], umask=processes.OWN
    )


def start_scheduler(folder: RunFolder, where: Addresses) -> processes.Process:
    peer = f"http://{HOST}:{where.scheduler_etcd_peer}"
    options = {
        "--listen-address": HOST,
        "--port": where.scheduler,
        "--id": "todo",
        "--etcd-initial-cluster": f"todo={peer}",
        "--etcd-client-port": where.scheduler_etcd_client,
        "--etcd-client-listen-address": HOST,
        "--etcd-data-dir": folder.path / "scheduler",
        "--healthz-listen-address": HOST,
        "--healthz-port": where.scheduler_health,
        "--etcd-backend-batch-interval": "1s",  # the log is written at once all the same
        "--metrics-listen-address": HOST,
        "--metrics-port": where.scheduler_metrics,
    }
    command = [str(find_tool(SCHEDULER)), *[str(part) for option in options.items() for part in option]]
    return processes.start_process(folder, "scheduler", command, umask=processes.OWN)


POSTGRES_SUPERUSER, POSTGRES_ROLE = "postgres", "todo"
CREATE_ROLE = f"CREATE ROLE {POSTGRES_ROLE} LOGIN CREATEDB CREATEROLE;\n"
LOG_NO_VALUES = "log_error_verbosity=terse"
"""Without the DETAIL of errors, which holds values of rows: "Key (email)=(…) already exists"."""


def start_postgres(folder: RunFolder, where: Addresses, *, durable: bool = True) -> processes.Process:
    """A cluster of its own, trusting connections from this host.

    durable: whether a commit waits for the disk, as it must wherever data matters.
    """
    server = find_tool(POSTGRES).resolve()
    data = folder.path / "postgres"
    if not (data / "PG_VERSION").exists():
        data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            account = pwd.getpwnam(UNPRIVILEGED)
            os.chown(data, account.pw_uid, account.pw_gid)
        _create_cluster(server, data)
    options = ["-D", str(data), "-h", HOST, "-p", str(where.postgres), "-k", "", "-c", "max_connections=200"]
    options += ["-c", LOG_NO_VALUES]
    if not durable:
        options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    return processes.start_process(folder, "postgres", [*_unprivileged(), str(server), *options])


def _create_cluster(server: Path, data: Path) -> None:
    """One whose role for services, `todo`, is no superuser: policies hold for it, as in production."""
    initdb = [str(server.with_name("initdb")), "-D", str(data), "-U", POSTGRES_SUPERUSER, "-A", "trust"]
    run_command([*_unprivileged(), *initdb, "-E", "UTF8", "--no-locale", "--no-sync"])
    alone = [*_unprivileged(), str(server), "--single", "-D", str(data), "postgres"]
    done = subprocess.run(alone, input=CREATE_ROLE, text=True, capture_output=True, check=False)
    if done.returncode:
        raise CommandError(f"PostgreSQL did not create the role of the services:\n{done.stderr}")


def create_databases(where: Addresses) -> bool:
    """Make the databases that are missing; False while PostgreSQL can't be reached."""
    psql = _psql(where)
    listed = subprocess.run(
        [*psql, "-c", "SELECT datname FROM pg_database"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        return False
    for name in set(DATABASES) - set(listed.stdout.split()):
        run_command([*psql, "-c", f'CREATE DATABASE "{name}"'])
    return True


def wait_for_databases(where: Addresses, seconds: float = 30) -> bool:
    """Make the databases as soon as PostgreSQL answers; False if it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not create_databases(where):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _psql(where: Addresses) -> list[str]:
    beside = find_tool(POSTGRES).resolve().with_name("psql")
    program = (
        str(beside)
        if beside.exists()
        else require_command("psql", "It comes with PostgreSQL's client package.")
    )
    return [program, "-qAt", "-h", HOST, "-p", str(where.postgres), "-U", "todo", "-d", "postgres"]


def _unprivileged() -> list[str]:
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        raise CommandError("PostgreSQL refuses to run as root and setpriv is missing; run as another user.")
    account = pwd.getpwnam(UNPRIVILEGED)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]


def postgres_url(where: Addresses) -> str:
    """SQLAlchemy URL of the databases; `{app}` stands for the service."""
    return f"postgresql+asyncpg://todo@{HOST}:{where.postgres}/{{app}}"


def postgres_dsn(where: Addresses, database: str, *, role: str = POSTGRES_ROLE) -> str:
    """The URL of one database for PostgreSQL's own clients."""
    return f"postgresql://{role}@{HOST}:{where.postgres}/{database}"


def sqlite_url(folder: RunFolder) -> str:
    return f"sqlite+aiosqlite:///{folder.data}/{{app}}.db"


def log_path(folder: RunFolder, name: str) -> Path:
    return folder.logs / f"{name}.log"
