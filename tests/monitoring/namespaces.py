"""Where somebody wrote down the name of a namespace of ours, which is another one in each environment."""

import re
from collections.abc import Iterator
from typing import Any

from delivery.environments import list_environments

OURS = "|".join(["todo", *list_environments()])
KINDS = {
    "label matcher of PromQL or LogQL": re.compile(rf'namespace\s*(?:=|!=|=~|!~)\s*\\?"[^"]*\b(?:{OURS})\b'),
    "selector of Alloy": re.compile(rf'names\s*=\s*\[[^]]*"(?:{OURS})"'),
    "option of kubectl or Helm": re.compile(rf"(?:\s-n|--namespace)[ =](?:{OURS})(?![\w-])"),
    "address in the cluster": re.compile(rf"[\w-]+\.(?:{OURS})(?:\.svc|:\d|\b/)"),
}
KEYS = {"namespace", "namespaces", "matchNames", "watchNamespaces", "kubernetes.io/metadata.name"}
"""Of Kubernetes' objects and of Helm's values."""


def find_in_text(text: str) -> list[str]:
    """Every place, with its kind."""
    return [f"{kind}: {match[0]}" for kind, pattern in KINDS.items() for match in pattern.finditer(text)]


def find_in_object(content: Any, path: str = "") -> Iterator[str]:
    """Every place in parsed YAML: under a key for namespaces, or in a string."""
    match content:
        case dict():
            for key, value in content.items():
                named = value if isinstance(value, list) else [value]
                if key in KEYS:
                    yield from (f"{path}.{key}: {each}" for each in named if each in OURS.split("|"))
                yield from find_in_object(value, f"{path}.{key}")
        case list():
            for each in content:
                yield from find_in_object(each, path)
        case str():
            yield from (f"{path}: {found}" for found in find_in_text(content))
