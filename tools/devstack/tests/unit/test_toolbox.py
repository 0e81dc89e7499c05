import subprocess
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
        assert run_wrapped(tmp_path) == ["one", "two words", "usr/lib/x86_64-linux-gnu", "there"]

    def test_finds_them_in_a_clone_that_was_moved(self, tmp_path: Path) -> None:
        here, there = tmp_path / "a b", tmp_path / "elsewhere"
        here.mkdir()
        run_wrapped(here)
        here.rename(there)
        (tmp_path / "linked").symlink_to(there / "wrapped" / "iptables")
        found = subprocess.run([tmp_path / "linked"], capture_output=True, text=True, check=True).stdout
        assert found.splitlines()[-1] == "there"


def run_wrapped(folder: Path) -> list[str]:
    """What a wrapped program has for arguments and libraries, as seen from `folder`."""
    libraries = folder / "usr/lib/x86_64-linux-gnu"
    (libraries / "xtables").mkdir(parents=True)
    (libraries / "libxtables.so.12").touch()
    program = folder / "usr/sbin/multi"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$LD_LIBRARY_PATH"\ntest -d "$XTABLES_LIBDIR" && echo there\n'
    )
    program.chmod(0o755)
    script = folder / "wrapped" / "iptables"
    debian.write_wrapper(script, program, ["one"], folder)
    found = subprocess.run([script, "two words"], capture_output=True, text=True, check=True).stdout
    *arguments, search, extensions = found.splitlines()
    return [*arguments, str(Path(search).resolve().relative_to(folder)), extensions]


class TestRequireLinux:
    def test_names_the_devcontainer_elsewhere(self) -> None:
        with pytest.raises(CommandError, match="devcontainer"):
            require_linux("darwin")

    def test_lets_linux_pass(self) -> None:
        require_linux("linux")
