"""No plain secret is committed, and `make secrets` applies those that are encrypted."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.paths import ROOT
from tests.architecture.sources import tracked
from tools.make_secrets import apply_committed_secrets

HOLD_NO_SECRET = {
    "charts/observability/templates/alertmanager.yaml": "settings, which name the files with secrets",
}
PLACEHOLDER = re.compile(r"\$\w+")
"""What a program fills in before anybody applies it."""
SUSPICIOUS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]|AGE-SECRET-KEY-1[A-Z0-9]{20}|dop_v1_[0-9a-f]{64}"
    r"|gh[pousr]_[A-Za-z0-9]{36}|hooks\.slack\.com/services/T[A-Z0-9]{6}"
)
"""Private keys, and tokens of DigitalOcean, GitHub and Slack."""
SOPS = """#!/usr/bin/env python3
import pathlib, sys
print(pathlib.Path(sys.argv[-1]).read_text().replace("ENC[", "decrypted["))
"""
KUBECTL = """#!/usr/bin/env python3
import json, pathlib, sys
calls = pathlib.Path(__file__).with_name("calls")
calls.open("a").write(json.dumps([sys.argv[1:], sys.stdin.read()]) + "\\n")
"""


def is_plain(document: Any) -> bool:
    """Whether it is a Secret with a value that SOPS has not encrypted for an age key."""
    if not isinstance(document, dict) or document.get("kind") != "Secret":
        return False
    fields = [
        str(value) for field in ("data", "stringData") for value in (document.get(field) or {}).values()
    ]
    values = [value for value in fields if not PLACEHOLDER.fullmatch(value)]
    encrypted = all(value.startswith("ENC[AES256_GCM,") for value in values)
    sops = document.get("sops") or {}
    return bool(values) and not (encrypted and sops.get("mac") and sops.get("age"))


class TestCommitted:
    def test_secrets_are_encrypted(self) -> None:
        found = []
        for path in tracked():
            name = str(path.relative_to(ROOT))
            if path.suffix not in (".yaml", ".yml", ".json", ".tpl") or name in HOLD_NO_SECRET:
                continue
            text = path.read_text()
            if "kind: Secret\n" in text and "{{" in text:
                found.append(name)
            elif re.search(r"\bSecret\b", text) and "{{" not in text:
                found += [name for document in yaml.safe_load_all(text) if is_plain(document)]
        assert found == []

    def test_files_hold_no_key_and_no_token(self) -> None:
        files = [path for path in tracked() if path.is_file()]
        found = [str(path) for path in files if SUSPICIOUS.search(path.read_text(errors="replace"))]
        assert found == []

    @pytest.mark.parametrize(
        ("differing", "plain"),
        [
            ({}, False),
            ({"data": {"key": "cGxhaW4="}}, True),
            ({"stringData": {"key": "plain"}}, True),
            ({"sops": {"mac": "ENC[AES256_GCM,data:x]", "age": []}}, True),
            ({"data": {"key": "$key"}}, False),
            ({"kind": "ConfigMap", "data": {"key": "plain"}}, False),
        ],
    )
    def test_plain_ones_are_recognized(self, differing: dict[str, Any], *, plain: bool) -> None:
        encrypted = {
            "kind": "Secret",
            "data": {"key": "ENC[AES256_GCM,data:x,type:str]"},
            "sops": {"mac": "ENC[AES256_GCM,data:x]", "age": [{"recipient": "age1"}]},
        }
        assert is_plain(encrypted | differing) is plain


class TestApplied:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """With a fake sops and a fake kubectl: the real ones need a key and a cluster."""
        for name, text in {"sops": SOPS, "kubectl": KUBECTL}.items():
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        for namespace in ("staging", "production"):
            (tmp_path / namespace).mkdir()
            (tmp_path / namespace / "given.yaml").write_text(f"kind: Secret # {namespace} ENC[x]\n")
        return tmp_path

    def test_are_those_of_the_namespace_decrypted(self, folder: Path) -> None:
        assert apply_committed_secrets("staging", folder) == ["given.yaml"]
        [line] = (folder / "calls").read_text().splitlines()
        arguments, given = json.loads(line)
        assert arguments[:3] == ["--namespace", "staging", "apply"]
        assert "staging decrypted[x]" in given

    def test_are_none_where_there_are_none(self, folder: Path) -> None:
        assert apply_committed_secrets("elsewhere", folder) == []
        assert not (folder / "calls").exists()
