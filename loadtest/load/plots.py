"""Plots as Mermaid draws them, which needs no library: whoever shows Markdown of repositories has it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A value for each place on the x axis."""

    name: str
    values: Sequence[float]


def render_plot(title: str, x: str, places: Sequence[str], y: str, lines: Sequence[Line]) -> str:
    """A fenced `xychart-beta`; the y axis begins at 0."""
    top = max((value for line in lines for value in line.values), default=0)
    drawn = [f"  line [{', '.join(f'{value:.0f}' for value in line.values)}]" for line in lines]
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            f'  title "{title}"',
            f'  x-axis "{x}" [{", ".join(places)}]',
            f'  y-axis "{y}" 0 --> {max(1, round(top * 1.1))}',
            *drawn,
            "```",
        ]
    )
