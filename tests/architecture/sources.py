"""The code of this repository, as the rules look at it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("analytics", "chat", "frontend", "notification", "task", "user")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def service(self) -> str:
        """The service it belongs to; empty outside services."""
        parts = self.path.relative_to(ROOT).parts
        return parts[1] if parts[0] == "services" else ""

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.relative_to(ROOT).parts

    def imports(self) -> Iterator[str]:
        """Dotted names of what is imported: modules, and names from modules."""
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def strings(self) -> Iterator[str]:
        """String literals, docstrings left out."""
        tree = ast.parse(self.text)
        documentation = {id(node) for node in _documentation(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in documentation:
                yield str(node.value)

    @property
    def code_lines(self) -> int:
        """Lines of code: neither empty, nor comment, nor docstring."""
        documentation = {
            number
            for node in _documentation(ast.parse(self.text))
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        lines = enumerate(self.text.splitlines(), start=1)
        return sum(
            1
            for number, line in lines
            if line.strip() and line.strip()[0] != "#" and number not in documentation
        )


def _documentation(tree: ast.AST) -> list[ast.Constant]:
    nodes = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    return [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """Files git knows or would add, by pathspec."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(ROOT / line for line in listed.splitlines() if (ROOT / line).exists())


def modules(*folders: str) -> list[Module]:
    """The Python files below these folders, tests included."""
    return [
        Module(path) for path in tracked("*.py") if not folders or path.relative_to(ROOT).parts[0] in folders
    ]


def production(*folders: str) -> list[Module]:
    """The Python files below these folders, tests and migrations left out."""
    return [m for m in modules(*folders) if not m.is_test and "migrations" not in m.path.parts]
