"""Releases under load: nobody notices one, a bad one undoes itself, an eviction leaves somebody to serve."""

import asyncio
import json

import pytest

from contracts.names import App
from devstack.errors import CommandError
from tests.cluster.todo.load import Load
from tests.cluster.todo.system import SERVICES_SECONDS, System
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)


def revision(system: System) -> tuple[int, str]:
    """Number and description of the newest release."""
    where = ["--namespace", system.namespace, "--output=json"]
    newest = json.loads(system.cluster.helm("history", "todo", *where))[-1]
    return newest["revision"], newest["description"]


def env_of(system: System, app: str) -> dict[str, str]:
    [container] = system.get("deployment", app)["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item.get("value", "") for item in container["env"]}


class TestUpgrade:
    async def test_of_every_service_is_not_noticed_and_neither_is_going_back(
        self, system: System, load: Load
    ) -> None:
        before = revision(system)[0]
        chatty = [part for app in App for part in ("--set", f"{app}.env.TODO_LOG_LEVEL=DEBUG")]
        await asyncio.to_thread(system.upgrade, "todo", *chatty, seconds=SERVICES_SECONDS)
        assert env_of(system, App.TASK)["TODO_LOG_LEVEL"] == "DEBUG"
        where = ["--namespace", system.namespace, "--wait", f"--timeout={SERVICES_SECONDS}s"]
        await asyncio.to_thread(system.cluster.helm, "rollback", "todo", str(before), *where)
        assert "TODO_LOG_LEVEL" not in env_of(system, App.TASK)
        assert load.answered > 100

    async def test_needs_no_more_than_the_rights_of_ci(self, system: System) -> None:
        ci = "--kube-as-user=system:serviceaccount:todo-test:ci"
        before = revision(system)[0]
        await asyncio.to_thread(system.upgrade, "todo", ci, seconds=SERVICES_SECONDS)
        assert revision(system) == (before + 1, "Upgrade complete")

    async def test_that_can_not_start_undoes_itself(self, system: System, load: Load) -> None:
        """A service whose settings are refused never becomes ready; the old one goes on serving."""
        bad = ["--set-string", "frontend.env.TODO_RATE_LIMIT=0", "--rollback-on-failure"]
        before = revision(system)[0]
        with pytest.raises(CommandError, match="failed"):
            await asyncio.to_thread(system.upgrade, "todo", *bad, seconds=30)
        after, description = revision(system)
        assert (after, description) == (before + 2, f"Rollback to {before}")
        assert "TODO_RATE_LIMIT" not in env_of(system, App.FRONTEND)


class TestEviction:
    async def test_waits_for_somebody_else_to_serve(self, system: System, load: Load) -> None:
        """Of two pods one may go; the second is refused until the first has been replaced."""
        system.kubectl("patch", "hpa", App.TASK, "--type=merge", '--patch={"spec": {"minReplicas": 2}}')
        try:
            await asyncio.to_thread(
                system.cluster.wait_for_rollout, system.namespace, f"deployment/{App.TASK}"
            )
            pods = await _two_ready(system)
            assert await asyncio.to_thread(_evict, system, pods[0]) == ""
            assert "violate the pod's disruption budget" in await asyncio.to_thread(_evict, system, pods[1])
            await _two_ready(system)
        finally:
            system.kubectl("patch", "hpa", App.TASK, "--type=merge", '--patch={"spec": {"minReplicas": 1}}')


async def _two_ready(system: System) -> list[str]:
    async def ready() -> list[str]:
        return [
            pod["metadata"]["name"]
            for pod in await asyncio.to_thread(system.pods, App.TASK)
            if all(status["ready"] for status in pod["status"].get("containerStatuses", [{"ready": False}]))
        ]

    return await eventually(ready, lambda names: len(names) >= 2, 120)


def _evict(system: System, pod: str) -> str:
    """What the API server has against it; empty if nothing."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{system.namespace}/pods/{pod}/eviction"
    try:
        system.kubectl("create", "--raw", path, "--filename", "-", stdin=json.dumps(eviction))
    except CommandError as refusal:
        return str(refusal)
    return ""
