"""Recipes of images, as text; `make cluster-images` builds them."""

from pathlib import Path

import pytest

from devstack.paths import ROOT

RECIPES = [ROOT / "tools/backup/Dockerfile", *(ROOT / "tools/cluster/src/cluster/images").rglob("Dockerfile")]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_without_its_compiler_postgresql_does_not_try_to_compile(path: Path) -> None:
    """A library that is left without LLVM fails every query expensive enough for it, such as pg_rewind's."""
    text = path.read_text()
    assert ("libLLVM" in text) == ("llvmjit" in text)
