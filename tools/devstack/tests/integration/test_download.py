"""Pinned downloads, from a server on this machine that fails as servers on the internet do."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from devstack.errors import CommandError
from devstack.toolbox import download, golang, releases
from devstack.toolbox.download import PinnedFile, UnreachableError, download_file, download_files
from devstack.toolbox.golang import GoTool

CONTENT = b"what was released"


class Mirror(ThreadingHTTPServer):
    """Serves `files`; the first `failures` requests are answered 503, or cut in the middle if `cuts`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/file": CONTENT}
        self.failures = 0
        self.cuts = False
        self.requests: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        fails = len(self.server.requests) <= self.server.failures
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
        elif fails and not self.server.cuts:
            self.send_error(503)
        else:
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:3] if fails else content)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0)
    with Mirror() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def pinned(mirror: Mirror, path: str = "/file", content: bytes = CONTENT) -> PinnedFile:
    return PinnedFile.of_sha256(mirror.url(path), hashlib.sha256(content).hexdigest())


class TestDownloadFile:
    def test_writes_a_file_with_the_pinned_digest(self, mirror: Mirror, tmp_path: Path) -> None:
        download_file(pinned(mirror), tmp_path / "new" / "file")
        assert (tmp_path / "new" / "file").read_bytes() == CONTENT

    @pytest.mark.parametrize("cuts", [False, True])
    def test_retries_a_server_that_fails_for_a_moment(
        self, mirror: Mirror, tmp_path: Path, *, cuts: bool
    ) -> None:
        mirror.failures, mirror.cuts = 2, cuts
        download_file(pinned(mirror), tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == CONTENT
        assert len(mirror.requests) == 3

    def test_names_the_file_that_stays_unavailable(self, mirror: Mirror, tmp_path: Path) -> None:
        mirror.failures = 99
        with pytest.raises(UnreachableError, match=r"/file could not be downloaded: HTTP Error 503"):
            download_file(pinned(mirror), tmp_path / "file")
        assert len(mirror.requests) == download.ATTEMPTS

    def test_does_not_ask_again_for_a_file_that_is_not_there(self, mirror: Mirror, tmp_path: Path) -> None:
        with pytest.raises(UnreachableError, match="/gone could not be downloaded: HTTP Error 404"):
            download_file(pinned(mirror, "/gone"), tmp_path / "file")
        assert mirror.requests == ["/gone"]

    def test_refuses_another_digest_and_writes_nothing(self, mirror: Mirror, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="/file is not the pinned file: sha256-"):
            download_file(pinned(mirror, content=b"what was pinned"), tmp_path / "file")
        assert not list(tmp_path.iterdir())

    def test_asks_only_for_files_that_are_missing(self, mirror: Mirror, tmp_path: Path) -> None:
        (tmp_path / "there").touch()
        download_files({tmp_path / "there": pinned(mirror), tmp_path / "missing": pinned(mirror)})
        assert mirror.requests == ["/file"]


def archive_of(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue())


class TestRelease:
    """Of a program `server` that its module asks for at v1.2.3."""

    @pytest.fixture
    def tool(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoTool:
        module = tmp_path / "module"
        module.mkdir()
        (module / "go.mod").write_text("module made.up\n\nrequire example.org/server v1.2.3\n")
        monkeypatch.setattr(golang, "TOOL_BINARIES", tmp_path / "bin")
        monkeypatch.setattr("devstack.toolbox.tool.TOOLS", tmp_path)
        monkeypatch.setattr(releases, "RELEASES", tmp_path / "releases.yaml")
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        monkeypatch.setattr(GoTool, "_build", lambda tool: (tmp_path / "built").write_text(tool.name))
        return GoTool("server", module, ".", dependency="example.org/server")

    def pin(self, mirror: Mirror, folder: Path, content: bytes) -> None:
        mirror.files["/v1.2.3/amd64"] = archive_of("server", b"a program")
        digest = hashlib.sha256(content or mirror.files["/v1.2.3/amd64"]).hexdigest()
        url = mirror.url("/v{version}/{architecture}")
        (folder / "releases.yaml").write_text(
            f'server: {{url: "{url}", member: server, sha256: {{"1.2.3-amd64": "{digest}"}}}}'
        )

    def test_is_taken_instead_of_a_build(self, mirror: Mirror, tool: GoTool, tmp_path: Path) -> None:
        self.pin(mirror, tmp_path, b"")
        tool.install()
        found = tool.find()
        assert found
        assert found.read_bytes() == b"a program"
        assert found.stat().st_mode & 0o111
        assert not (tmp_path / "built").exists()

    def test_of_another_digest_is_refused_and_nothing_is_built(
        self, mirror: Mirror, tool: GoTool, tmp_path: Path
    ) -> None:
        self.pin(mirror, tmp_path, b"something else")
        with pytest.raises(CommandError, match="is not the pinned file"):
            tool.install()
        assert not (tmp_path / "built").exists()
        assert tool.find() is None

    def test_that_cannot_be_reached_is_built_and_that_is_said(
        self, mirror: Mirror, tool: GoTool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.pin(mirror, tmp_path, b"")
        mirror.failures = 99
        tool.install()
        assert (tmp_path / "built").read_text() == "server"
        assert "server: building from source, because http://127.0.0.1" in capsys.readouterr().out

    def test_without_a_pin_is_built(self, mirror: Mirror, tool: GoTool, tmp_path: Path) -> None:
        (tmp_path / "releases.yaml").write_text("")
        tool.install()
        assert (tmp_path / "built").exists()
        assert not mirror.requests
