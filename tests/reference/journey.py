"""What a program does with the API, in Python, at the server it is told; `journey.ts` does the same."""

import sys
from uuid import uuid4

from todo_client import AuthenticatedClient, Client
from todo_client.api.auth import sign_up
from todo_client.api.many_at_once import run_batch
from todo_client.api.tasks import create_task, list_tasks, read_task, update_task
from todo_client.models import (
    BatchRequest,
    BatchResult,
    CreateProjectCommand,
    CreateTaskCommand,
    PageTaskPart,
    Problem,
    ProjectCreate,
    SignedIn,
    SignUp,
    TaskDraft,
    TaskPatch,
    TaskRead,
)
from todo_client.types import UNSET


def run_journey(server: str) -> None:
    base_url = f"{server}/api/v1"
    account = sign_up.sync(
        client=Client(base_url), body=SignUp(email=f"{uuid4()}@example.com", password="correct horse")
    )
    assert isinstance(account, SignedIn)
    with AuthenticatedClient(base_url, account.access_token) as api:
        change_a_task(api)
        run_a_batch(api)
        titles = list_titles(api)
    assert titles == ["Sweep", "Buy milk"], titles


def change_a_task(api: AuthenticatedClient) -> None:
    key, draft = str(uuid4()), TaskDraft(title="Buy milk", priority=3)
    created = create_task.sync_detailed(client=api, body=draft, idempotency_key=key)
    task = created.parsed
    assert isinstance(task, TaskRead)
    again = create_task.sync_detailed(client=api, body=draft, idempotency_key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    etag = created.headers["ETag"]
    assert read_task.sync_detailed(task.id, client=api, if_none_match=etag).status_code == 304
    patch = TaskPatch(notes="2 l")
    assert isinstance(update_task.sync(task.id, client=api, body=patch, if_match=etag), TaskRead)
    refused = update_task.sync(task.id, client=api, body=patch, if_match=etag)
    assert isinstance(refused, Problem)
    assert (refused.status, refused.code) == (412, "precondition-failed")
    wrong = create_task.sync(client=api, body=TaskDraft(title=""))
    assert isinstance(wrong, Problem)
    assert wrong.errors
    assert wrong.errors[0].pointer == "/title"


def run_a_batch(api: AuthenticatedClient) -> None:
    project = CreateProjectCommand(
        uuid=str(uuid4()), type_="project.create", temp_id="home", body=ProjectCreate(name="Home")
    )
    task = CreateTaskCommand(
        uuid=str(uuid4()), type_="task.create", body=TaskDraft(title="Sweep", project_id="home")
    )
    done = run_batch.sync(client=api, body=BatchRequest(commands=[project, task], atomic=True))
    assert isinstance(done, BatchResult)
    assert [each.status for each in done.results] == [201, 201]


def list_titles(api: AuthenticatedClient) -> list[str]:
    titles: list[str] = []
    cursor: str | None = None
    while True:
        page = list_tasks.sync(client=api, limit=1, cursor=cursor or UNSET)
        assert isinstance(page, PageTaskPart)
        titles += [str(each.title) for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return titles


if __name__ == "__main__":
    run_journey(sys.argv[1])
    sys.stdout.write("done\n")
