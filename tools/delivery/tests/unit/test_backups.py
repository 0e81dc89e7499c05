"""Backups by jobs: what is asked of the cluster, and that a service comes up again whatever happens."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from contracts.names import App
from delivery import backups
from delivery.access import Access
from devstack.errors import CommandError

CONTAINER = {
    "name": "backup",
    "command": ["backup", "take"],
    "env": [{"name": "PGDATABASE", "value": "task"}],
}
MIGRATE = {"name": "migrate", "command": ["migrate", "task"], "env": []}


@dataclass(frozen=True, slots=True)
class Jobs(Access):
    """A cluster whose jobs end at once; those of `failing` badly."""

    failing: tuple[str, ...] = ()
    waiting: dict[str, str] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        self.commands.append(arguments)
        match arguments:
            case ("create", "job", name, _, *_):
                pod: dict[str, Any] = {"containers": [json.loads(json.dumps(CONTAINER))]}
                if name.startswith("restore-task"):
                    pod = {"containers": [MIGRATE], "initContainers": pod["containers"]}
                return json.dumps({"metadata": {"name": name}, "spec": {"template": {"spec": pod}}})
            case ("create", *_):
                self.made.append(json.loads(stdin or ""))
            case ("get", what, *_) if what.startswith("deployment/"):
                return json.dumps({"spec": {"replicas": 3}})
            case ("get", "pods", selector, *_):
                name = selector.rpartition("=")[2]
                state = {"waiting": self.waiting} if self.waiting else {"terminated": {}}
                status = {
                    "initContainerStatuses": [],
                    "containerStatuses": [{"name": "backup", "state": state}],
                }
                return json.dumps({"items": [{"metadata": {"name": f"{name}-x"}, "status": status}]})
            case ("get", _, *_) if self.waiting:
                return json.dumps({"status": {"active": 1}})
            case ("get", what, *_):
                ended = "Failed" if what.removeprefix("job/").startswith(self.failing) else "Complete"
                return json.dumps({"status": {"conditions": [{"type": ended, "status": "True"}]}})
            case ("logs", what, *_):
                return f"log of {what}\n"
        return ""

    @property
    def scaled(self) -> list[int]:
        """Replicas the service was given, one after the other."""
        patches = [json.loads(each[-1]) for each in self.commands if each[0] == "patch"]
        return [each["spec"]["replicas"] for each in patches]


def container(job: dict[str, Any]) -> dict[str, Any]:
    pod = job["spec"]["template"]["spec"]
    return dict(next(iter(pod.get("initContainers") or pod["containers"])))


class TestKeep:
    def test_makes_a_job_for_each_database(self) -> None:
        jobs = Jobs("staging", failing=("nothing",))
        output = backups.create_backups(jobs)
        names = [job["metadata"]["name"].rpartition("-")[0] for job in jobs.made]
        assert names == [f"backup-{app}" for app in App if app is not App.FRONTEND]
        assert len(output) == 5

    def test_names_those_that_failed_once_all_have_ended(self) -> None:
        jobs = Jobs("staging", failing=("backup-chat",))
        with pytest.raises(
            CommandError, match=r"The job backup-chat-\d+ of chat failed:\nlog of backup-chat"
        ):
            backups.create_backups(jobs)
        assert len([each for each in jobs.commands if each[0] == "logs"]) == 5

    def test_says_what_is_missing_and_does_not_wait_for_it(self) -> None:
        lacks = {"reason": "CreateContainerConfigError", "message": 'secret "backup-store" not found'}
        jobs = Jobs("staging", waiting=lacks)
        with pytest.raises(
            CommandError, match='does not start: CreateContainerConfigError: secret "backup-store"'
        ):
            backups.create_backups(jobs, [App.TASK])
        assert jobs.commands[-1][0] == "delete"


class TestKnown:
    def test_asks_the_program_to_list(self) -> None:
        jobs = Jobs("staging", failing=("nothing",))
        backups.list_backups(jobs, [App.TASK])
        assert container(jobs.made[0])["command"] == ["backup", "list"]


class TestBringBack:
    def test_has_the_service_at_rest_meanwhile(self) -> None:
        jobs = Jobs("staging", failing=("nothing",))
        backups.restore_backup(jobs, App.TASK, "20260131T020000Z")
        verbs = [each[0] for each in jobs.commands]
        assert jobs.scaled == [0, 3]
        assert verbs.index("wait") < verbs.index("create") < len(verbs) - 1 - verbs[::-1].index("patch")
        assert container(jobs.made[0])["env"][-1] == {"name": "BACKUP_AT", "value": "20260131T020000Z"}
        assert container(jobs.made[0])["command"] == CONTAINER["command"]

    def test_leaves_events_alone_if_told_so(self) -> None:
        jobs = Jobs("staging", failing=("nothing",))
        backups.restore_backup(jobs, App.TASK, events="leave")
        assert container(jobs.made[0])["env"][-1] == {"name": "BACKUP_EVENTS", "value": "leave"}

    def test_brings_the_service_up_again_if_it_fails(self) -> None:
        jobs = Jobs("staging", failing=("restore-task",))
        with pytest.raises(CommandError, match="of task failed"):
            backups.restore_backup(jobs, App.TASK)
        assert jobs.scaled == [0, 3]
        assert jobs.commands[-1][:2] == ("rollout", "status")
        assert {"name": "BACKUP_AT", "value": ""} not in container(jobs.made[0])["env"]


class TestReplay:
    def test_is_told_since_when_while_every_service_is_at_rest(self) -> None:
        jobs = Jobs("staging")
        backups.replay_events(jobs, [App.TASK, App.USER], "2026-01-31T09:30:00Z")
        assert [job["metadata"]["name"].rpartition("-")[0] for job in jobs.made] == [
            "restore-task",
            "restore-user",
        ]
        for job in jobs.made:
            found = container(job)
            assert found["command"] == ["backup", "replay-events"]
            assert {"name": "BACKUP_SINCE", "value": "2026-01-31T09:30:00Z"} in found["env"]
        assert jobs.scaled == [0, 0, 3, 3]
