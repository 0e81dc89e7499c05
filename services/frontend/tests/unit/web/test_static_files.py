"""Static files: one address for each release, compressed, kept by browsers."""

import gzip
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from frontend_service.container import container_of
from frontend_service.web.static_files import StaticFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "base.css").write_text("body {}")
    (tmp_path / "css" / "rows.css").write_text("li {}")
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "app.js").write_text("run()")
    return tmp_path


class TestStaticRelease:
    def test_is_named_by_its_content(self, folder: Path) -> None:
        before = StaticFiles(folder).release
        assert StaticFiles(folder).release == before
        (folder / "css" / "base.css").write_text("body { color: red }")
        assert StaticFiles(folder).release != before

    def test_contains_all_files_of_a_folder(self, folder: Path) -> None:
        assets = StaticFiles(folder)
        assert assets.below("js") == [f"/static/{assets.release}/js/app.js"]

    def test_has_one_style_sheet_for_all_pages(self, folder: Path) -> None:
        assert StaticFiles(folder).files["css/all.css"].body == b"body {}\nli {}"


class TestStaticFile:
    async def test_is_cached_permanently(self, nobody: httpx2.AsyncClient, app: FastAPI) -> None:
        response = await nobody.get(container_of(app).static_files.url("js/app.js"))
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["content-type"] == "text/javascript; charset=utf-8"
        assert response.headers["content-encoding"] == "gzip"

    async def test_is_uncompressed_for_clients_without_gzip(
        self, nobody: httpx2.AsyncClient, app: FastAPI
    ) -> None:
        response = await nobody.get(
            container_of(app).static_files.url("icon.svg"), headers={"accept-encoding": "identity"}
        )
        assert response.content.startswith(b"<svg")
        assert (
            gzip.decompress(container_of(app).static_files.files["icon.svg"].compressed) == response.content
        )

    async def test_is_not_sent_again_if_unchanged(self, nobody: httpx2.AsyncClient, app: FastAPI) -> None:
        address = container_of(app).static_files.url("icon.svg")
        etag = (await nobody.get(address)).headers["etag"]
        assert (await nobody.get(address, headers={"if-none-match": etag})).status_code == 304

    async def test_of_another_release_is_not_cached(self, nobody: httpx2.AsyncClient) -> None:
        response = await nobody.get("/static/other/icon.svg")
        assert response.headers["cache-control"] == "no-cache"

    @pytest.mark.parametrize("path", ["nothing.js", "../main.py", "%2e%2e/main.py"])
    async def test_that_does_not_exist_is_not_found(self, nobody: httpx2.AsyncClient, path: str) -> None:
        assert (await nobody.get(f"/static/other/{path}")).status_code == 404
