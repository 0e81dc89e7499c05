"""Secrets of an environment as a file, and back: those that nobody can make anew.

Plain text: it belongs into nothing but the pipe to `age` (docs/RUNBOOK.md).
"""

import json
from typing import Any

from delivery.access import Access
from devstack.errors import CommandError

MADE_BY_KUBERNETES = ("helm.sh/release.v1", "kubernetes.io/service-account-token")
KEPT_METADATA = ("name", "labels", "annotations")


def save_secrets(access: Access) -> str:
    """A manifest of all Secrets, but for those that Helm, Kubernetes or an operator makes by itself."""
    found = json.loads(access.kubectl("get", "secrets", "--output=json"))["items"]
    items = [_strip(each) for each in found if not _is_made_again(each)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)


def restore_secrets(access: Access, text: str) -> list[str]:
    """Put saved Secrets in place of those of the same names; the names.

    They are deleted and created: the type of one can't be changed, and a key that came later has to go.
    Raises `CommandError` before anything changes if that is no file of Secrets.
    """
    try:
        items = json.loads(text)["items"]
        names = [str(each["metadata"]["name"]) for each in items]
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"That is nothing `delivery save-secrets` has written: {error!r}") from error
    if not names or {each["kind"] for each in items} != {"Secret"}:
        raise CommandError("There are no Secrets in it, or not only Secrets.")
    access.kubectl(
        "create", "--dry-run=server", "--validate=strict", "--filename", "-", stdin=_renamed(items)
    )
    access.kubectl("delete", "secrets", "--ignore-not-found", *names)
    access.kubectl("create", "--filename", "-", stdin=text)
    return names


def _is_made_again(secret: dict[str, Any]) -> bool:
    return secret["type"] in MADE_BY_KUBERNETES or bool(secret["metadata"].get("ownerReferences"))


def _strip(secret: dict[str, Any]) -> dict[str, Any]:
    """Without what only the cluster it comes from knows."""
    metadata = {key: secret["metadata"][key] for key in KEPT_METADATA if key in secret["metadata"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": secret["type"],
        "data": secret.get("data", {}),
    }


def _renamed(items: list[dict[str, Any]]) -> str:
    """The same under names that nothing has, for a try before those that are there go."""
    tried = [{**each, "metadata": {"name": f"{each['metadata']['name']}-restored"}} for each in items]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": tried})
