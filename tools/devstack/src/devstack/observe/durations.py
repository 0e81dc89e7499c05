"""Rules and routes with shorter times, so that a test sees an alert come and go within minutes."""

import re

DURATION = re.compile(r"(?<![\w.-])(\d+)(ms|s|m|h|d)(?![\w.-])")
"""A duration as Prometheus and Alertmanager write it: alone, not part of a name such as rate5m."""
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def shorten_durations(text: str, divisor: int) -> str:
    """`text` with every duration divided, to whole seconds and none below one but 0; 1 leaves it as it is."""

    def divide(match: re.Match[str]) -> str:
        seconds = int(match[1]) * SECONDS[match[2]]
        return f"{max(1, round(seconds / divisor))}s" if seconds else match[0]

    return text if divisor == 1 else DURATION.sub(divide, text)


def mask_durations(text: str) -> str:
    """`text` with every duration made the same."""
    return DURATION.sub("T", text)
