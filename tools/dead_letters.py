"""Dead letters on the command line: what is parked, one in full, replay and discard.

Asks the API at `--edge` as an operator: with the access token in TODO_TOKEN, or, on a laptop, with one made
from the secrets of `make up`.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from user_service.models import User
from user_service.signing_keys import parse_key_ring
from user_service.tokens import make_access_token

from devstack.cli import RUN
from devstack.credentials import ensure_secrets
from devstack.paths import RunFolder
from devstack.stack import Stack

CAUSE_SHOWN = 100


def create_operator_token(folder: RunFolder) -> str:
    """A token for an hour, signed with the key of the system that runs from `folder`."""
    now = datetime.now(UTC)
    user = User(
        id="command-line",
        email="",
        password_hash="",
        name="",
        time_zone="UTC",
        role="operator",
        created_at=now,
        updated_at=now,
    )
    key = parse_key_ring(ensure_secrets(folder)["token-signing"]).current
    return make_access_token(user, key, timedelta(hours=1))


def call_api(edge: str, token: str, method: str, path: str, body: Any = None) -> Any:
    """The JSON answer. Ends the program with what the API says is wrong."""
    request = urllib.request.Request(f"{edge}/api/v1{path}", method=method)
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    request.add_header("Idempotency-Key", str(uuid4()))
    content = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, content, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code}: {json.load(error).get('detail', '')}")
    except urllib.error.URLError as error:
        sys.exit(f"{edge} can't be reached: {error.reason}")


def print_overview(edge: str, token: str) -> None:
    """Print the groups, and the newest dead letters."""
    groups = call_api(edge, token, "GET", "/ops/dead-letter-groups")["items"]
    if not groups:
        print("Nothing is parked.")
    for group in groups:
        who = group["consumer"] or "the sidecar"
        print(f"{group['number']:>6}  {group['topic']}  given up by {who}, last {group['last_at']}")
        print(f"        {group['cause'][:CAUSE_SHOWN]}")
    for dead_letter in call_api(edge, token, "GET", "/ops/dead-letters?state=parked&limit=20")["items"]:
        print(f"{dead_letter['id']}  {dead_letter['topic']}  {dead_letter['cause'][:CAUSE_SHOWN]}")


def print_dead_letter(edge: str, token: str, id: str) -> None:
    """Print one dead letter: what is known of it, then the event."""
    dead_letter = call_api(edge, token, "GET", f"/ops/dead-letters/{id}")
    event = dead_letter.pop("event")
    for name, value in dead_letter.items():
        print(f"{name:>12}  {'' if value is None else value}")
    print(json.dumps(json.loads(event), indent=2, ensure_ascii=False))


def replay_dead_letters(edge: str, token: str, what: str) -> int:
    """Replay one dead letter or all; 1 if something failed again."""
    if what != "all":
        dead_letter = call_api(edge, token, "POST", f"/ops/dead-letters/{what}/replay")
        print(f"{dead_letter['state']}: {dead_letter['outcome']}")
        return int(dead_letter["state"] != "replayed")
    done = call_api(edge, token, "POST", "/ops/replays", {"limit": 200})
    print(f"{done['replayed']} replayed, {done['failed']} failed again.")
    return int(done["failed"] > 0)


def discard_dead_letters(edge: str, token: str, what: str, reason: str) -> None:
    """Discard one dead letter or all that are parked."""
    if what != "all":
        call_api(edge, token, "POST", f"/ops/dead-letters/{what}/discard", {"reason": reason})
        print(f"discarded: {reason}")
    else:
        print(f"{call_api(edge, token, 'POST', '/ops/discards', {'reason': reason})['discarded']} discarded.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edge", default=Stack(RUN).addresses.edge)
    parser.add_argument("--show", default="", help="the id of a letter")
    parser.add_argument("--replay", default="", help="the id of a letter, or all")
    parser.add_argument("--discard", default="", help="the id of a letter, or all")
    parser.add_argument("--reason", default="", help="why nobody has to handle what is discarded")
    arguments = parser.parse_args()
    token = os.environ.get("TODO_TOKEN") or create_operator_token(RUN)
    if arguments.replay:
        return replay_dead_letters(arguments.edge, token, arguments.replay)
    if arguments.discard:
        discard_dead_letters(arguments.edge, token, arguments.discard, arguments.reason)
    elif arguments.show:
        print_dead_letter(arguments.edge, token, arguments.show)
    else:
        print_overview(arguments.edge, token)
    return 0


if __name__ == "__main__":
    sys.exit(main())
