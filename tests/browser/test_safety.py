"""What keeps other sites and old caches out."""

import re

import pytest
from playwright.sync_api import APIResponse, expect

from tests.browser.person import BrowserUser

PATHS = ["/", "/notifications", "/assistant", "/account", "/nothing-there", "/api/docs"]


class TestPages:
    @pytest.mark.parametrize("path", PATHS)
    def test_come_with_a_strict_policy(self, ada: BrowserUser, path: str) -> None:
        headers = ada.page.context.request.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"

    def test_hold_no_inline_script_or_style(self, ada: BrowserUser) -> None:
        ada.add("Buy milk")
        for path in PATHS[:-1]:
            html = ada.page.context.request.get(path).text()
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)|javascript:", html)

    def test_refuse_forms_of_other_sites(self, ada: BrowserUser) -> None:
        response = self._post(ada, {"sec-fetch-site": "cross-site", "origin": "https://example.org"})
        assert response.status == 403
        assert "sent from another site" in response.text()
        ada.page.reload()
        expect(ada.open_titles).to_have_count(0)

    def test_refuse_forms_of_other_origins_from_old_browsers(self, ada: BrowserUser) -> None:
        assert self._post(ada, {"origin": "https://example.org"}).status == 403

    def test_keep_the_session_from_scripts(self, ada: BrowserUser) -> None:
        session = next(one for one in ada.page.context.cookies() if one["name"] == "session")
        assert session["httpOnly"]
        assert session["sameSite"] == "Lax"
        assert "session" not in str(ada.page.evaluate("document.cookie"))

    def _post(self, ada: BrowserUser, headers: dict[str, str]) -> APIResponse:
        return ada.page.context.request.post("/tasks", form={"title": "Planted"}, headers=headers)


class TestStaticFiles:
    def test_are_kept_for_good_under_the_address_of_this_release(self, ada: BrowserUser) -> None:
        address = ada.page.locator("link[rel=stylesheet]").first.get_attribute("href") or ""
        request = ada.page.context.request
        response = request.get(address)
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-encoding"] == "gzip"
        again = request.get(address, headers={"if-none-match": response.headers["etag"]})
        assert again.status == 304
        other = request.get(re.sub("/static/[0-9a-f]+/", "/static/000000000000/", address))
        assert other.headers["cache-control"] == "no-cache"


class TestRequests:
    def test_begin_a_trace(self, ada: BrowserUser) -> None:
        with ada.page.expect_request(lambda request: request.method == "POST") as sent:
            ada.add("Buy milk")
        traceparent = sent.value.headers["traceparent"]
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent)
        response = sent.value.response()
        assert response is not None
        assert response.headers["traceparent"].split("-")[1] == traceparent.split("-")[1]


class TestTheApiReference:
    def test_shows_the_operations(self, ada: BrowserUser) -> None:
        ada.page.goto("/api/docs")
        expect(ada.page.get_by_text("/tasks/{id}/complete")).to_be_visible()
