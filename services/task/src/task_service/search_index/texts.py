"""What is searched of a task: the search keys of its texts."""

from collections.abc import Iterable

from contracts.folding import name_key, search_key


def build_search_texts(title: str, notes: str, labels: Iterable[str]) -> dict[str, str]:
    """The columns of `task_text`; labels stand one a line."""
    return {
        "title": search_key(title),
        "notes": search_key(notes),
        "labels": "\n".join(map(search_key, labels)),
    }


def build_label_keys(labels: Iterable[str]) -> list[str]:
    """The keys under which `task_label` has a task with these labels."""
    return list(dict.fromkeys(map(name_key, labels)))
