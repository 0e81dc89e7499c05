"""Fits a hierarchy into the allowed levels, and breaks cycles. Linear: each chain is walked once."""

from collections.abc import Callable, Mapping


def resolve_nesting(
    parents: Mapping[str, str | None], levels: int, *, is_elsewhere: Callable[[str], bool] = lambda _: False
) -> dict[str, tuple[str | None, int]]:
    """For each key its parent, and how many lay above it as it was.

    What lay deeper than `levels` has its ancestor on the last level but one for a parent. A circle is cut
    where it was entered. A parent that is no key itself counts only if it `is_elsewhere`.
    """
    found: dict[str, tuple[str | None, int]] = {}

    def below(parent: str | None) -> tuple[str | None, int]:
        if parent is None:
            return None, 0
        if parent in found:
            above, level = found[parent]
            return (above if level >= levels - 1 else parent), level + 1
        return (parent, 1) if parent not in parents and is_elsewhere(parent) else (None, 0)

    for key in parents:
        path: dict[str, None] = {}
        at: str | None = key
        while at is not None and at in parents and at not in found and at not in path:
            path[at] = None
            at = parents[at]
        for each in reversed(path):
            found[each] = below(parents[each])
    return found
