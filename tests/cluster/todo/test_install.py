"""The charts on a real cluster: everything comes up, with its sidecar, and works for a person."""

import json

import pytest

from contracts.names import App
from devstack.errors import CommandError
from tests.cluster import pods
from tests.cluster.todo.system import System
from tests.system.api import Api
from tests.system.reminding import soon
from tests.system.waiting import eventually

pytestmark = pytest.mark.timeout(900)  # the first test waits for everything


@pytest.mark.parametrize("app", App)
class TestService:
    def test_runs_with_its_sidecar(self, system: System, app: App) -> None:
        for pod in system.pods(app):
            states = {status["name"]: status["ready"] for status in pod["status"]["containerStatuses"]}
            assert states == {"app": True, "daprd": True}

    def test_runs_under_the_strictest_pod_security(self, system: System, app: App) -> None:
        assert system.pods(app)
        labels = system.get("namespace", system.namespace)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"

    def test_has_no_token_its_app_could_use(self, system: System, app: App) -> None:
        code = "import os; print(os.path.exists('/var/run/secrets/kubernetes.io/serviceaccount/token'))"
        assert system.run_python(app, code).strip() == "False"

    def test_can_not_write_to_its_image(self, system: System, app: App) -> None:
        code = "import os\ntry: open('/app/x', 'w'); print('written')\nexcept OSError as e: print(e.strerror)"
        assert system.run_python(app, code).strip() == "Read-only file system"

    def test_has_loaded_its_components(self, system: System, app: App) -> None:
        expected = {
            App.FRONTEND: {"broadcast", "secretstore"},
            App.USER: {"pubsub", "secretstore"},
            App.CHAT: {"pubsub", "secretstore", "statestore"},
            App.NOTIFICATION: {"pubsub", "secretstore"},
        }
        status, body = system.ask_sidecar(app, "GET", "/v1.0/metadata")
        assert status == 200
        names = {component["name"] for component in json.loads(body)["components"]}
        assert names == expected.get(app, {"pubsub"})


class TestNamespace:
    def test_refuses_a_pod_with_privileges(self, system: System) -> None:
        privileged = pods.pod("privileged", pods.WAIT).replace(
            "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"
        )
        with pytest.raises(CommandError, match="violates PodSecurity"):
            system.kubectl("apply", "--dry-run=server", "--filename", "-", stdin=privileged)

    @pytest.mark.parametrize("name", ["kafka", "postgres", "redis"])
    def test_keeps_its_data_before_its_services(self, system: System, name: str) -> None:
        """Where there is no room for both, the scheduler takes a service away."""
        assert system.data_pod(name)["spec"]["priority"] > system.ready_pod(App.TASK)["spec"]["priority"]


class TestPerson:
    async def test_adds_a_task_and_is_told(self, ada: Api) -> None:
        """From the edge through two services, Kafka and a third one, the scheduler, and back."""
        task = {"title": "water the plants", "reminders": [{"at": soon(15)}]}
        response = await ada.insist("POST", "/tasks", task)
        assert response.status == 201

        async def inbox() -> list[str]:
            return [item["title"] for item in await ada.items("/notifications")]

        await eventually(inbox, lambda titles: any("water the plants" in title for title in titles), 60)

    async def test_talks_to_the_assistant(self, ada: Api) -> None:
        """Redis through Dapr, with a password from a Secret through Dapr."""
        response = await ada.insist("POST", "/chat/messages", {"text": "add call grandma"})
        assert response.status in (200, 201), response.body
        assert [task["title"] for task in await ada.items("/tasks")] == ["call grandma"]
        assert (await ada.insist("GET", "/chat/conversations")).body["items"]

    async def test_sees_figures(self, ada: Api) -> None:
        await ada.insist("POST", "/tasks", {"title": "one"})

        async def created() -> int:
            return int((await ada.insist("GET", "/analytics/summary")).body["tasks_created"])

        await eventually(created, lambda number: number == 1, 60)
