"""tools/uv on a machine without uv: a wheel from a server on this machine, by its digest."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from devstack.paths import ROOT
from tools.pin_uv import pin_wheel

PROGRAM = "#!/bin/sh\necho uv 0.13.9\n"


def make_wheel() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("uv/__init__.py", "")
        archive.writestr("uv-0.13.9.data/scripts/uv", PROGRAM)
    return packed.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and where it is served."""
    folder = tmp_path / "files"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run_script(repository: Path, served: str, pin: str) -> subprocess.CompletedProcess[str]:
    """tools/uv of a fresh clone, where this machine's uv isn't on PATH."""
    (repository / "tools").mkdir(parents=True)
    script = repository / "tools" / "uv"
    script.write_bytes((ROOT / "tools" / "uv").read_bytes())
    (repository / "wheels.txt").write_text(pin)
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(repository),
        "TODO_PYPI_FILES": served,
        "TODO_UV_WHEELS": str(repository / "wheels.txt"),
        "TODO_RETRIES": "0",
        "TODO_ONLY_UV": "1",
    }
    (repository / ".venv").mkdir()  # so that it doesn't look for Python
    return subprocess.run(["sh", str(script)], env=env, capture_output=True, text=True, check=False)


def machine() -> str:
    return (
        subprocess.run(["uname", "-sm"], capture_output=True, text=True, check=True)
        .stdout.strip()
        .replace(" ", "-")
    )


class TestUv:
    def test_comes_out_of_the_pinned_wheel(self, files: tuple[Path, str], tmp_path: Path) -> None:
        folder, served = files
        (folder / "uv.whl").write_bytes(make_wheel())
        done = run_script(tmp_path / "clone", served, pin_wheel(machine(), "uv.whl", make_wheel()))
        assert done.stdout.strip() == str(tmp_path / "clone" / ".tools" / "uv" / "bin" / "uv")
        assert Path(done.stdout.strip()).read_text() == PROGRAM

    def test_of_another_digest_is_refused(self, files: tuple[Path, str], tmp_path: Path) -> None:
        folder, served = files
        (folder / "uv.whl").write_bytes(make_wheel() + b"more")
        done = run_script(tmp_path / "clone", served, pin_wheel(machine(), "uv.whl", make_wheel()))
        assert done.returncode == 1
        assert f"{served}/uv.whl is not the pinned file: sha256" in done.stderr
        assert not (tmp_path / "clone" / ".tools" / "uv" / "bin" / "uv").exists()

    def test_that_cannot_be_downloaded_is_named(self, files: tuple[Path, str], tmp_path: Path) -> None:
        _, served = files
        done = run_script(tmp_path / "clone", served, pin_wheel(machine(), "uv.whl", make_wheel()))
        assert done.returncode == 1
        assert f"{served}/uv.whl could not be downloaded." in done.stderr

    def test_of_an_unknown_machine_has_to_be_installed(self, files: tuple[Path, str], tmp_path: Path) -> None:
        _, served = files
        done = run_script(tmp_path / "clone", served, pin_wheel("Plan9-mips", "uv.whl", make_wheel()))
        assert done.returncode == 1
        assert f"has no pinned wheel for {machine()}. Install uv" in done.stderr

    def test_is_pinned_for_this_version_and_four_machines(self) -> None:
        lines = (ROOT / "toolchain" / "uv" / "wheels.txt").read_text().splitlines()
        assert [line.split()[0] for line in lines] == [
            "Linux-x86_64",
            "Linux-aarch64",
            "Darwin-x86_64",
            "Darwin-arm64",
        ]
        pinned = next(
            line.partition("=")[2]
            for line in (ROOT / "tools" / "uv").read_text().splitlines()
            if line.startswith("pinned=")
        )
        assert all(f"/uv-{pinned}-" in line for line in lines)
