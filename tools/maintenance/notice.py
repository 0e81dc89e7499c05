"""Writes NOTICE: the third-party software in our images, and under which licenses it may be used.

`make generate` writes it; a test compares it with what is installed. Versions are left out on purpose: an
update changes NOTICE only if a package or its license changes.
"""

import json
import sys
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import metadata, requires
from pathlib import Path
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from contracts.names import App

ROOT = Path(__file__).parents[2]
IN_IMAGES = ("backup", *(f"{app}-service" for app in App))
"""Distributions that are installed into an image, with everything they depend on."""

OURS = frozenset({*IN_IMAGES, "contracts", "migrator", "overload", "servicekit"})
NPM_LOCK = ROOT / "services" / "frontend" / "package-lock.json"

FROM_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
FROM_TEXT = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD-0-Clause": "0BSD",
    "MIT License": "MIT",
}
READ_IN_THE_PACKAGE = {"prometheus-fastapi-instrumentator": "ISC", "pyrage": "MIT"}
"""Packages whose metadata name no license; it stands in their LICENSE file."""

ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "OFL-1.1",
        "PSF-2.0",
        "Unlicense",
    }
)
"""Permissive licenses, the font license, and MPL-2.0, which asks for source only of its own changed files."""

HEADER = """\
todo
Copyright the todo contributors

Licensed under the Apache License, Version 2.0; see LICENSE.

The container images also hold the third-party software below, each under its own license. The license texts
are in the packages: in `*.dist-info` for Python, beside the files in `static/vendor` for npm. `make generate`
writes this file.
"""


def distributions(roots: tuple[str, ...] = IN_IMAGES) -> set[str]:
    """Canonical names of all distributions `roots` depend on in this environment, ours left out."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(root, frozenset[str]()) for root in roots]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += _dependencies(*current)
    return {name for name, _ in seen} - OURS


def _dependencies(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in requires(name) or []:
        requirement = Requirement(line)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(requirement.marker.evaluate(each) for each in environments):
            yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def license_of(about: Message) -> str:
    """The SPDX expression of a distribution; raises `LookupError` if its metadata name no license we know."""
    name = canonicalize_name(about["Name"])
    if name in READ_IN_THE_PACKAGE:
        return READ_IN_THE_PACKAGE[name]
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or []]
    known = sorted({FROM_CLASSIFIERS[each] for each in classifiers if each in FROM_CLASSIFIERS})
    if known:
        return " OR ".join(known)
    text = str(about.get("License") or "")
    if FROM_TEXT.get(text, text) in ALLOWED:
        return FROM_TEXT.get(text, text)
    raise LookupError(f"{name}: license {text[:60]!r} is not known; add it to {__name__}")


def npm_licenses() -> dict[str, str]:
    """License per npm package that the web pages load; development packages are not in the image."""
    packages = json.loads(NPM_LOCK.read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): FROM_TEXT.get(package["license"], package["license"])
        for path, package in packages.items()
        if path and not package.get("dev")
    }


def python_licenses() -> dict[str, str]:
    return {name: license_of(cast(Message, metadata(name))) for name in sorted(distributions())}


def choices(expression: str) -> list[set[str]]:
    """The alternatives of an SPDX expression, each a set of licenses that apply together."""
    plain = expression.replace("(", "").replace(")", "")
    if " AND " in plain and " OR " in plain:
        required, _, rest = plain.partition(" AND ")
        return [{required, other} for other in rest.split(" OR ")]
    return [set(each.split(" AND ")) for each in plain.split(" OR ")]


def is_allowed(expression: str) -> bool:
    return any(together <= ALLOWED for together in choices(expression))


def notice() -> str:
    sections = {"Python packages": python_licenses(), "npm packages": npm_licenses()}
    parts = [HEADER]
    for title, licenses in sections.items():
        rows = [f"{name:<42} {expression}".rstrip() for name, expression in sorted(licenses.items())]
        parts.append("\n".join([title, "-" * len(title), *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(notice())
