"""`devstack up|down|status|logs|tools`: the programs behind the Makefile."""

import argparse
import asyncio
import os
import subprocess
import sys
import time

from devstack import kafka, processes
from devstack.addresses import HOST
from devstack.credentials import ensure_secrets
from devstack.errors import CommandError
from devstack.observe.prometheus import Alerting
from devstack.paths import ROOT, RunFolder, newest_log
from devstack.stack import Stack
from devstack.toolbox.ensure import WITH_POSTGRES, ensure_tools, find_tool

RUN = RunFolder(ROOT / ".run")


def main() -> None:
    parser = argparse.ArgumentParser(prog="devstack", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start everything and wait until it answers")
    up.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    up.add_argument("--reload", action="store_true", help="start services again when their code changes")
    up.add_argument("--frontends", type=int, default=1, help="replicas of the frontend")
    up.add_argument("--observe", action="store_true", help="with Prometheus, Alertmanager, Jaeger and Loki")
    verbs.add_parser("down", help="stop everything")
    verbs.add_parser("status", help="say what runs and what answers")
    verbs.add_parser("tools", help="build or install what is missing")
    verbs.add_parser("edge", help="print the address of the edge")
    verbs.add_parser("env", help="write secrets and settings for servers started by hand")
    verbs.add_parser("topics", help="create the missing topics of kafka/topics.yaml")
    logs = verbs.add_parser("logs", help="follow the log of a service and its sidecar")
    logs.add_argument("service")
    arguments = parser.parse_args()
    try:
        require_linux(sys.platform)
        sys.exit(_run(arguments))
    except CommandError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def require_linux(platform: str) -> None:
    """Raises `CommandError` naming the ways there are elsewhere. platform: as `sys.platform` has it."""
    if platform != "linux":
        raise CommandError(
            "This manages processes by Linux's /proc. Elsewhere open this repository in its devcontainer "
            "(.devcontainer), or in a Linux virtual machine."
        )


def _run(arguments: argparse.Namespace) -> int:
    match arguments.verb:
        case "up":
            env = {"TODO_RELOAD": "1"} if arguments.reload else {}
            return _up(
                Stack(
                    RUN,
                    {"frontend": arguments.frontends},
                    postgres=arguments.database == "postgres",
                    env=env,
                    observe=Alerting() if arguments.observe else None,
                )
            )
        case "down":
            print("Stopped." if Stack(RUN).down() else "Nothing was running.")
        case "status":
            return _status(Stack(RUN))
        case "tools":
            ensure_tools(WITH_POSTGRES)
            for tool in WITH_POSTGRES:
                print(f"  {tool.name:<14}{find_tool(tool)}")
        case "edge":
            print(Stack(RUN).addresses.edge)
        case "env":
            return _write_environment(Stack(RUN))
        case "topics":
            asyncio.run(kafka.create_topics(Stack(RUN).addresses))
        case "logs":
            return _follow(arguments.service)
    return 0


def _up(stack: Stack) -> int:
    started = time.monotonic()
    if stack.is_healthy():
        print("Already running.")
    else:
        stack.up()
        print(f"Everything answers after {time.monotonic() - started:.0f} s.")
    where = stack.addresses
    print(f"  web UI      {where.edge}")
    print(f"  API         {where.edge}/api/v1  (docs: {where.edge}/api/docs)")
    print(f"  Kafka       {HOST}:{where.kafka}")
    print(f"  Redis       {HOST}:{where.redis}")
    if stack.postgres:
        print(f"  PostgreSQL  {HOST}:{where.postgres}")
    if stack.observe:
        for name, page in stack.monitoring.pages().items():
            print(f"  {name:<12}  {page}")
    return 0


def _status(stack: Stack) -> int:
    running = processes.list_processes(RUN)
    if not running:
        print("Nothing is running.")
        return 1
    for process in running:
        print(f"  {process.name:<12} pid {process.pid}")
    failing = stack.failing()
    for app in stack.addresses.apps:
        bad = [name for name in failing if name.split()[0] == app.name]
        print(f"  {app.name:<12} {app.url}  {'not answering: ' + ', '.join(bad) if bad else 'answers'}")
    return 1 if failing else 0


def _write_environment(stack: Stack) -> int:
    """What `up` would tell sidecars and services, as a file a shell reads."""
    RUN.make()
    secrets = ensure_secrets(RUN)
    env = stack.environment() | {"REDIS_PASSWORD": secrets["redis"]["password"]}
    file = RUN.path / "env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    print(f"Written: {os.path.relpath(file)}, {os.path.relpath(RUN.secrets)}")
    return 0


def _follow(service: str) -> int:
    logs = [log for kind in ("app", "daprd") if (log := newest_log(RUN, service, kind))]
    if not logs:
        logs = [log for log in [RUN.logs / f"{service}.log"] if log.exists()]
    if not logs:
        raise CommandError(f"There is no log of {service}; see {os.path.relpath(RUN.path)}.")
    return subprocess.run(["tail", "-n", "40", "-F", *map(str, logs)], check=False).returncode
