"""Signed images: a fake cosign says what is signed; cosign itself needs Sigstore."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from contracts.names import IMAGES, App
from delivery import cli
from delivery.parser import build_parser
from delivery.signatures import verify_signatures
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import FakeAccess

REGISTRY, TAG, REPOSITORY = "registry.example.com/todo", "abc", "owner/todo"
COSIGN = """#!/usr/bin/env python3
import json, pathlib, sys
here = pathlib.Path(__file__).parent
here.joinpath("calls").open("a").write(json.dumps(sys.argv[1:]) + "\\n")
signed = json.loads(here.joinpath("signed.json").read_text())
digests = signed.get(sys.argv[-1], [])
if not digests:
    sys.exit("Error: no signatures found")
print(json.dumps([{"critical": {"image": {"docker-manifest-digest": each}}} for each in digests]))
"""


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    program = tmp_path / "cosign"
    program.write_text(COSIGN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return {f"{REGISTRY}/{name}:{TAG}": [f"sha256:{name}"] for name in IMAGES}


def digests(tmp_path: Path, signed: dict[str, list[str]]) -> dict[str, str]:
    (tmp_path / "signed.json").write_text(json.dumps(signed))
    return verify_signatures(REGISTRY, dict.fromkeys(IMAGES, TAG), REPOSITORY)


class TestSignedDigests:
    def test_are_those_in_the_signatures(self, tmp_path: Path, signed: dict[str, list[str]]) -> None:
        assert digests(tmp_path, signed) == {name: f"sha256:{name}" for name in IMAGES}

    def test_must_be_by_our_workflow_on_main(self, tmp_path: Path, signed: dict[str, list[str]]) -> None:
        digests(tmp_path, signed)
        for line in (tmp_path / "calls").read_text().splitlines():
            command = json.loads(line)
            identity = command[command.index("--certificate-identity") + 1]
            assert identity == f"https://github.com/{REPOSITORY}/.github/workflows/build.yml@refs/heads/main"

    def test_names_every_image_without_one(self, tmp_path: Path, signed: dict[str, list[str]]) -> None:
        for app in (App.TASK, App.CHAT):
            signed.pop(f"{REGISTRY}/{app}:{TAG}")
        with pytest.raises(CommandError, match=r"task:abc: Error: no signatures found\n.*chat:abc"):
            digests(tmp_path, signed)

    def test_refuses_a_tag_that_was_signed_twice(self, tmp_path: Path, signed: dict[str, list[str]]) -> None:
        signed[f"{REGISTRY}/{App.TASK}:{TAG}"].append("sha256:other")
        with pytest.raises(CommandError, match="2 digests are signed"):
            digests(tmp_path, signed)


class TestSameDigests:
    @pytest.mark.parametrize(("other", "refused"), [({}, False), ({"task": "sha256:other"}, True)])
    def test_are_wanted_of_the_next_environment(
        self, tmp_path: Path, signed: dict[str, list[str]], other: dict[str, str], *, refused: bool
    ) -> None:
        """A tag that was pushed and signed anew since staging is not what was tried there."""
        commit = "a" * 40
        tagged = {name.replace(f":{TAG}", f":{commit}"): found for name, found in signed.items()}
        (tmp_path / "signed.json").write_text(json.dumps(tagged))
        digests = {name: f"sha256:{name}" for name in IMAGES} | other
        staging = json.dumps({name: {"tag": commit, "digest": digest} for name, digest in digests.items()})
        options = ["--registry", REGISTRY, "--tag", commit, "--signed-by", REPOSITORY, "--same-as", staging]
        arguments = build_parser().parse_args(["release", "production", *options])
        with pytest.raises(CommandError, match="other digests") if refused else nullcontext():
            cli.read_pins(arguments, FakeAccess("production"))
