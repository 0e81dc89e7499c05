"""How tables name things: projects by their paths, rows by their content."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from task_service.import_export.parsed_file import ImportedProject, ParsedFile

SLASH = "/"
_NAME_IN_PATH = re.compile(r"(?:\\[\\/]|[^/])+")
_ESCAPE = re.compile(r"\\([\\/])")


def escape_name(name: str) -> str:
    """The name of a project as a part of a path."""
    return name.replace("\\", "\\\\").replace(SLASH, f"\\{SLASH}")


class ProjectPaths:
    """Projects by their paths."""

    def __init__(self, source: ParsedFile) -> None:
        self._source = source

    def key(self, names: Sequence[str]) -> str | None:
        """The key of the last of these, each inside the one before it."""
        parent = None
        for name in filter(None, (name.strip() for name in names)):
            key = f"{parent}{SLASH}{escape_name(name)}" if parent else escape_name(name)
            self._source.add_project(key, ImportedProject(name, parent))
            parent = key
        return parent

    def key_of_path(self, path: str) -> str | None:
        """path: names from the top, by slashes."""
        return self.key([_ESCAPE.sub(r"\1", part.strip()) for part in _NAME_IN_PATH.findall(path)])


class ContentKeys:
    """What names a row without an id: its content, and which of the same content it is."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, row: Mapping[str, str]) -> str:
        content = "\x1f".join(f"{name}={value}" for name, value in sorted(row.items()) if name != "done")
        name = hashlib.sha256(content.encode(errors="replace")).hexdigest()[:24]
        self._seen[name] += 1
        return f"{name} {self._seen[name]}"
