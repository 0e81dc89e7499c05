from pathlib import Path

import pytest

from devstack.cli import require_linux
from devstack.errors import CommandError
from devstack.toolbox import debian, golang
from devstack.toolbox.golang import GoTool


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoTool:
    """Built from a made-up module by a made-up compiler, which notes how it was called."""
    (tmp_path / "go.mod").write_text("module made.up\n\nrequire example.org/server v1.37.2\n")
    monkeypatch.setattr(golang, "TOOL_BINARIES", tmp_path / "bin")
    monkeypatch.setattr("devstack.toolbox.tool.TOOLS", tmp_path)
    compiler = tmp_path / "go"
    compiler.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo go version go1.26.0 && exit\n'
        f'echo "$CGO_ENABLED $*" > {tmp_path}/called\ntouch {tmp_path}/bin/server\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return GoTool(
        "server",
        tmp_path,
        ".",
        dependency="example.org/server",
        version_variable="version.full",
        version_prefix="v",
        linked=("version.minor={minor}",),
    )


class TestGoTool:
    def test_is_linked_without_c_and_knows_its_version(self, tool: GoTool) -> None:
        tool.install()
        called = (tool.module / "called").read_text()
        assert called.startswith("0 build")
        assert "-X version.full=v1.37.2 -X version.minor=37" in called

    def test_is_found_until_what_it_is_made_from_changes(self, tool: GoTool) -> None:
        assert tool.find() is None
        tool.install()
        assert tool.find() == tool.module / "bin" / "server"
        (tool.module / "main.go").write_text("package main\n")
        assert tool.find() is None


class TestWrap:
    def test_runs_a_program_with_the_libraries_unpacked_beside_it(self, tmp_path: Path) -> None:
        extensions = tmp_path / "usr/lib/x86_64-linux-gnu/xtables"
        extensions.mkdir(parents=True)
        (extensions.parent / "libxtables.so.12").touch()
        debian.write_wrapper(tmp_path / "wrapped" / "iptables", '"/a b/multi" iptables', tmp_path)
        script = (tmp_path / "wrapped" / "iptables").read_text()
        assert f'LD_LIBRARY_PATH="{extensions.parent}" XTABLES_LIBDIR="{extensions}" ' in script
        assert script.endswith('exec "/a b/multi" iptables "$@"\n')


class TestRequireLinux:
    def test_names_the_devcontainer_elsewhere(self) -> None:
        with pytest.raises(CommandError, match="devcontainer"):
            require_linux("darwin")

    def test_lets_linux_pass(self) -> None:
        require_linux("linux")
