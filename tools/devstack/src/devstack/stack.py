"""The whole system on one machine: up, down, status."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devstack import faults, health, kafka, processes, servers, sidecars
from devstack.addresses import (
    Addresses,
    AppAddress,
    assign_addresses,
    list_ports,
    read_port_offset,
    require_free_ports,
)
from devstack.credentials import ensure_secrets
from devstack.errors import CommandError
from devstack.observe import monitoring
from devstack.observe.ports import Ports
from devstack.observe.prometheus import Alerting
from devstack.paths import RunFolder
from devstack.toolbox.ensure import LOCAL_SYSTEM, WITH_POSTGRES, ensure_tools
from devstack.toolbox.monitoring import MONITORING

SERVER_SECONDS = 90
HEALTHY_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Stack:
    """One running system, told from others by its folder and its ports.

    env: added to the environment of apps and sidecars.
    observe: start the monitoring beside it, and tell where alerts go.
    silent: no metrics and no traces at all, to measure what they cost.
    """

    folder: RunFolder
    replicas: Mapping[str, int] = field(default_factory=dict)
    offset: int | None = None
    postgres: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    observe: Alerting | None = None
    silent: bool = False

    @property
    def addresses(self) -> Addresses:
        return assign_addresses(self.replicas, self.offset)

    @property
    def monitoring(self) -> Ports:
        return Ports(read_port_offset() if self.offset is None else self.offset)

    def up(self) -> None:
        """Start what doesn't run and wait until all answers. Raises `CommandError`; then all is stopped."""
        ensure_tools(
            [*(WITH_POSTGRES if self.postgres else LOCAL_SYSTEM), *(MONITORING if self.observe else ())]
        )
        if processes.find_process(self.folder, sidecars.NAME):
            raise CommandError("Already running, but not everything answers; see `make status`.")
        self._stop_all()
        require_free_ports(self._ports())
        try:
            asyncio.run(self._start())
        except BaseException:
            self._stop_all()
            raise

    def _ports(self) -> dict[str, int]:
        postgres = {"postgres": self.addresses.postgres} if self.postgres else {}
        return list_ports(self.addresses) | postgres | (self.monitoring.all() if self.observe else {})

    async def _start(self) -> None:
        where = self.addresses
        self.folder.make()
        if self.observe:
            monitoring.start_monitoring(self.folder, where, self.monitoring, self.observe)
        servers.start_redis(self.folder, where, ensure_secrets(self.folder))
        servers.start_scheduler(self.folder, where)
        if self.postgres:
            servers.start_postgres(self.folder, where)
        kafka.start_kafka(self.folder, where)
        if not await kafka.wait_for_topics(where, SERVER_SECONDS):
            raise CommandError(self._did_not_start(kafka.NAME))
        if self.postgres and not await asyncio.to_thread(servers.wait_for_databases, where, SERVER_SECONDS):
            raise CommandError(self._did_not_start("postgres"))
        if self.observe:
            await monitoring.wait_until_ready(self.folder, self.monitoring)
        self._start_sidecars(where)
        problem = await health.wait_until_healthy(self.folder, where, HEALTHY_SECONDS)
        if problem:
            raise CommandError(problem)

    def _start_sidecars(self, where: Addresses) -> None:
        otlp = self.monitoring.otlp_endpoint if self.observe else ""
        sidecars.start_apps(self.folder, where, self.environment(), otlp_endpoint=otlp, silent=self.silent)

    def environment(self) -> dict[str, str]:
        """What sidecars and services read from their environment."""
        where = self.addresses
        url = servers.postgres_url(where) if self.postgres else servers.sqlite_url(self.folder)
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.monitoring.otlp_endpoint} if self.observe else {}
        if self.silent:
            traces = {"TODO_METRICS": "false", "TODO_TRACE_SAMPLE_RATIO": "0"}
        return sidecars.build_environment(where, ensure_secrets(self.folder), url) | traces | dict(self.env)

    def add_replica(
        self,
        app_id: str,
        *,
        env: Mapping[str, str] | None = None,
        components: Path | None = None,
        command: Sequence[str] = (),
    ) -> AppAddress:
        """Start one more instance of an app, beside those `up` started; don't wait for it.

        env, components, command: what this instance has different from the others.
        """
        instance = next(
            app for app in assign_addresses({app_id: 2}, self.offset).apps if app.name == f"{app_id}-2"
        )
        alone = replace(self.addresses, apps=(instance,))
        env = self.environment() | dict(env or {})
        sidecars.start_apps(
            self.folder, alone, env, name=instance.name, components=components, command=command
        )
        return instance

    def remove_replica(self, instance: AppAddress) -> None:
        """Stop an instance `add_replica` started."""
        process = processes.find_process(self.folder, instance.name)
        if process:
            processes.stop_process(self.folder, process)

    def kill_server(self, name: str) -> None:
        """kill -9 of Kafka, Redis or the scheduler."""
        process = processes.find_process(self.folder, name)
        assert process, f"{name} does not run"
        faults.kill_processes([process.pid])
        processes.stop_process(self.folder, process)

    def stop_postgres_at_once(self) -> None:
        """As `pg_ctl stop -m immediate`: connections break, nothing is written any more."""
        process = processes.find_process(self.folder, "postgres")
        assert process, "PostgreSQL does not run"
        os.kill(process.pid, signal.SIGQUIT)
        processes.stop_process(self.folder, process)

    def start_server(self, name: str) -> None:
        """Start Kafka, Redis, PostgreSQL or the scheduler again, on what it has on disk; don't wait."""
        if name == kafka.NAME:
            kafka.start_kafka(self.folder, self.addresses)
        elif name == "redis":
            servers.start_redis(self.folder, self.addresses, ensure_secrets(self.folder))
        elif name == "postgres":
            servers.start_postgres(self.folder, self.addresses)
        else:
            servers.start_scheduler(self.folder, self.addresses)

    def is_healthy(self) -> bool:
        """Whether it runs and everything answers now."""
        return bool(processes.find_process(self.folder, sidecars.NAME)) and not self.failing()

    def failing(self) -> list[str]:
        return [check.name for check in health.list_checks(self.addresses) if not check.passes()]

    def down(self) -> bool:
        """Stop everything; False if nothing ran."""
        return self._stop_all()

    def _stop_all(self) -> bool:
        """The services first, so that they end while what they need is there."""
        found = processes.list_processes(self.folder)
        for process in sorted(found, key=lambda process: process.name != sidecars.NAME):
            processes.stop_process(self.folder, process)
        return bool(found)

    def _did_not_start(self, name: str) -> str:
        log = self.folder.logs / f"{name}.log"
        return (
            f"{name} did not start in {SERVER_SECONDS} s. Its last lines ({log}):\n{processes.read_tail(log)}"
        )
