"""The people of a load, as they are handed from who makes them to who asks in their name."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a few tasks."""

    token: str
    task_ids: list[str]


def write_accounts(path: Path, accounts: list[Account]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(account) for account in accounts]))


def read_accounts(path: Path) -> list[Account]:
    return [Account(**each) for each in json.loads(path.read_text())]
