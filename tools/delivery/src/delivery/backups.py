"""Backups of an environment's databases, by the jobs its charts describe: make, try, list, bring back."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from contracts.names import App
from delivery.access import Access
from devstack.errors import CommandError

DATABASES = tuple(app for app in App if app is not App.FRONTEND)
JOB_SECONDS = 4 * 3600
REST_SECONDS = 300
POLL_SECONDS = 1
NEVER_STARTS = frozenset(
    {
        "CreateContainerConfigError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
    }
)
"""Reasons of a container that mend themselves by nobody: a Secret or an image is missing."""


def create_backups(access: Access, databases: Sequence[App] = DATABASES) -> list[str]:
    """Back up now, all at once; what each job said. Raises `CommandError` naming those that failed."""
    return _await_jobs(access, {app: _create_job(access, f"backup-{app}") for app in databases})


def run_restore_tests(access: Access, databases: Sequence[App] = DATABASES) -> list[str]:
    """Test restoring the newest backups; what each job said. Raises `CommandError` naming failed ones."""
    return _await_jobs(access, {app: _create_job(access, f"restore-test-{app}") for app in databases})


def list_backups(access: Access, databases: Sequence[App] = DATABASES) -> list[str]:
    """The backups there are, a line each, oldest first for each database."""
    listing = ["backup", "list"]
    return _await_jobs(
        access, {app: _create_job(access, f"restore-test-{app}", command=listing) for app in databases}
    )


def restore_backup(access: Access, database: App, at: str = "", events: str = "") -> list[str]:
    """Put a backup in place of what a database holds, and migrate it to the schema of the release that runs.

    The service is at rest meanwhile, and up again afterwards also if that failed: then the database holds
    what it held before. Returns what the job said; raises `CommandError`.

    at: name of the backup; the newest if empty.
    events: `again`: the service hears what was told since the backup; `leave`: it does not. Empty: as the
        charts have it.
    """
    variables = {"BACKUP_AT": at, "BACKUP_EVENTS": events}
    with _scaled_to_zero(access, database):
        return _await_jobs(access, {database: _create_job(access, f"restore-{database}", variables)})


def replay_events(access: Access, databases: Sequence[App], since: str) -> list[str]:
    """Let services hear again what was told since a moment their databases were recovered to.

    They are at rest meanwhile, and migrated to the schema of the release that runs. since: ISO 8601.
    """
    variables, command = {"BACKUP_SINCE": since}, ["backup", "replay-events"]
    with ExitStack() as stack:
        for app in databases:
            stack.enter_context(_scaled_to_zero(access, app))
        jobs = {app: _create_job(access, f"restore-{app}", variables, command) for app in databases}
        return _await_jobs(access, jobs)


@contextmanager
def _scaled_to_zero(access: Access, app: App) -> Iterator[None]:
    """Without a pod of the service. Its autoscaler keeps its hands off what has no replicas."""
    deployment = f"deployment/{app}"
    before = json.loads(access.kubectl("get", deployment, "--output=json"))["spec"]["replicas"]
    _scale(access, app, 0)
    complaints = []
    try:
        pods = f"--selector=app.kubernetes.io/name={app},app.kubernetes.io/component=service"
        access.kubectl("wait", "pods", pods, "--for=delete", f"--timeout={REST_SECONDS}s")
        yield
    except CommandError as error:
        complaints.append(str(error))
    finally:
        _scale(access, app, max(before, 1))
    try:
        access.kubectl("rollout", "status", deployment, f"--timeout={REST_SECONDS}s")
    except CommandError as error:
        complaints.append(str(error))
    if complaints:
        raise CommandError("\n".join(complaints))


def _scale(access: Access, app: App, replicas: int) -> None:
    """Whoever deploys may change deployments, and not the autoscaler's part of them."""
    access.kubectl("patch", f"deployment/{app}", "--patch", json.dumps({"spec": {"replicas": replicas}}))


def _create_job(
    access: Access, cron_job: str, env: Mapping[str, str] | None = None, command: Sequence[str] = ()
) -> str:
    """Name of a job made from one that runs by the clock."""
    name = f"{cron_job}-{time.time_ns() // 1_000_000}"
    how = ["create", "job", name, f"--from=cronjob/{cron_job}", "--dry-run=client", "--output=json"]
    job = json.loads(access.kubectl(*how))
    pod = job["spec"]["template"]["spec"]
    job["spec"]["backoffLimit"] = 0  # somebody waits for the response
    [container] = [
        each for each in [*pod["containers"], *pod.get("initContainers", [])] if each["name"] == "backup"
    ]
    container["env"] += [{"name": key, "value": value} for key, value in (env or {}).items() if value]
    container["command"] = list(command) or container["command"]
    access.kubectl("create", "--filename", "-", stdin=json.dumps(job))
    return name


def _await_jobs(access: Access, jobs: Mapping[App, str]) -> list[str]:
    """What jobs said, once all have ended."""
    deadline = time.monotonic() + JOB_SECONDS
    output, failed = [], []
    for app, job in jobs.items():
        succeeded = _await_job(access, job, deadline)
        containers = _list_containers(access, job)
        lines = _read_logs(access, containers)
        output += lines
        if not succeeded:
            failed.append("\n".join([f"The job {job} of {app} failed:", *lines[-15:]]))
            if _is_stuck(containers):
                access.kubectl("delete", f"job/{job}", "--wait=false")
    if failed:
        raise CommandError("\n".join(failed))
    return output


def _await_job(access: Access, job: str, deadline: float) -> bool:
    """Whether it succeeded. Raises `CommandError` if it goes on too long."""
    while time.monotonic() < deadline:
        status = json.loads(access.kubectl("get", f"job/{job}", "--output=json"))["status"]
        ended = {each["type"] for each in status.get("conditions", []) if each["status"] == "True"}
        if ended & {"Complete", "Failed"}:
            return "Complete" in ended
        if _is_stuck(_list_containers(access, job)):
            return False
        time.sleep(POLL_SECONDS)
    raise CommandError(f"The job {job} has been running for more than {JOB_SECONDS} s.")


def _read_logs(access: Access, containers: Sequence["_Container"]) -> list[str]:
    """What each said, in order; of one that didn't start, why."""
    lines = []
    for each in containers:
        if not each.reason:
            lines += access.kubectl("logs", each.pod, f"--container={each.name}").splitlines()
        elif each.reason in NEVER_STARTS:
            lines.append(f"{each.name} does not start: {each.reason}: {each.message}")
    return lines


@dataclass(frozen=True, slots=True)
class _Container:
    """reason, message: why it has not started; empty once it has."""

    pod: str
    name: str
    reason: str
    message: str


def _is_stuck(containers: Sequence[_Container]) -> bool:
    return any(each.reason in NEVER_STARTS for each in containers)


def _list_containers(access: Access, job: str) -> list[_Container]:
    found = json.loads(access.kubectl("get", "pods", f"--selector=job-name={job}", "--output=json"))["items"]
    containers = []
    for pod in found:
        states = [
            *pod["status"].get("initContainerStatuses", []),
            *pod["status"].get("containerStatuses", []),
        ]
        for state in states:
            waiting = state["state"].get("waiting", {})
            cause = [waiting.get("reason", ""), waiting.get("message", "")]
            containers.append(_Container(pod["metadata"]["name"], state["name"], *cause))
    return containers
