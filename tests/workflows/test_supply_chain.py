"""What is looked at again and again: images that run, images of others, our code, its dependencies."""

import json
import re

import pytest

from contracts.names import IMAGES
from delivery import third_party_images
from delivery.environments import list_environments
from delivery.third_party_images import FILES, list_images, pin_images
from devstack.errors import CommandError
from devstack.paths import ROOT
from tests.charts.rendering import objects, pods
from tests.workflows.definitions import definition, job

DIGEST = f"sha256:{'a' * 64}"


class TestScheduledScan:
    def test_is_weekly(self) -> None:
        assert len(definition("images")["on"]["schedule"][0]["cron"].split()) == 5

    def test_is_of_the_digests_that_run_everywhere(self) -> None:
        matrix = job("images", "ours").body["strategy"]["matrix"]
        assert set(matrix["image"]) == set(IMAGES)
        assert matrix["environment"] == job("images", "running").body["strategy"]["matrix"]["environment"]
        assert matrix["environment"] == list_environments() == list(job("images", "running").body["outputs"])
        [scan] = [step["with"] for step in job("images", "ours").steps if "trivy" in step.get("uses", "")]
        expected = "${{ fromJSON(needs.running.outputs[matrix.environment])[matrix.image] }}"
        assert scan["image-ref"].partition("@")[2] == expected

    @pytest.mark.parametrize("name", ["ours", "third-party"])
    def test_fails_on_what_is_critical(self, name: str) -> None:
        [scan] = [step["with"] for step in job("images", name).steps if "trivy" in step.get("uses", "")]
        expected = {"severity": "CRITICAL", "exit-code": "1", "trivyignores": ".trivyignore.yaml"}
        assert expected.items() <= scan.items()

    def test_of_what_others_made_has_no_secrets(self) -> None:
        assert not job("images", "third-party").secrets | job("images", "listed").secrets

    def test_never_waits_for_reviewers(self) -> None:
        """Those protect the environments that releases go to."""
        used = {job("images", name).body.get("environment") for name in ("running", "ours", "garbage")}
        assert used == {"${{ matrix.environment }}-inventory", "registry"}


class TestGarbage:
    def test_is_what_runs_in_no_environment(self) -> None:
        garbage = job("images", "garbage")
        assert garbage.body["needs"] == "running"
        [words] = garbage.commands
        running = [words[place + 1] for place, word in enumerate(words) if word == "--running"]
        assert running == [f"${each.upper()}" for each in list_environments()]
        for each in list_environments():
            assert garbage.steps[-1]["env"][each.upper()] == f"${{{{ needs.running.outputs.{each} }}}}"


class TestCode:
    def test_is_analyzed_in_every_language_it_is_written_in(self) -> None:
        languages = set(job("codeql", "analyze").body["strategy"]["matrix"]["language"])
        assert languages == {"actions", "javascript-typescript", "python"}
        assert set(definition("codeql")["on"]) == {"push", "pull_request", "schedule"}

    def test_that_a_change_brings_along_is_reviewed(self) -> None:
        review = job("ci", "dependencies")
        assert review.body["if"] == "github.event_name == 'pull_request'"
        assert review.steps[-1]["uses"].startswith("actions/dependency-review-action@")
        assert review.steps[-1]["with"] == {"fail-on-severity": "high"}

    def test_of_packages_is_never_run_by_npm(self) -> None:
        """Archives are taken by the digests of their lock; npm would run their scripts."""
        files = [ROOT / "Makefile", ROOT / "Dockerfile", *(ROOT / ".github" / "workflows").iterdir()]
        running = re.compile(r"\b(npm (ci|i|install|run|exec)|npx|pnpm|yarn)\b")
        assert [file.name for file in files if running.search(file.read_text())] == []


class TestImagesOfOthers:
    def test_are_all_that_our_charts_run(self) -> None:
        found = objects("data", "staging")
        rendered = {each["image"] for pod in pods(found) for each in pod.spec["containers"]}
        rendered |= {each["spec"]["imageName"] for each in found if each["kind"] == "Cluster"}
        assert rendered <= set(list_images())

    def test_are_all_that_compose_runs(self) -> None:
        assert {name.partition(":")[0] for name in list_images()} >= {"apache/kafka", "postgres", "redis"}

    @pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
    def test_are_pinned_where_they_are_named_and_nothing_else_changes(self, file: object) -> None:
        text = (ROOT / str(file)).read_text()
        pinned = pin_images(text, lambda _: DIGEST)
        assert pinned.count(DIGEST) == len(re.findall(r"^\s+image: \S", text, re.M)) > 0
        assert re.sub(r"@sha256:[0-9a-f]{64}", "", pinned) == re.sub(r"@sha256:[0-9a-f]{64}", "", text)
        assert pin_images(pinned, lambda _: DIGEST) == pinned

    def test_are_left_alone_if_one_has_no_digest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(name: str) -> str:
            raise CommandError(name)

        monkeypatch.setattr(third_party_images, "resolve_digest", refuse)
        before = [file.read_text() for file in FILES]
        with pytest.raises(CommandError):
            third_party_images.pin_files()
        assert [file.read_text() for file in FILES] == before

    def test_are_kept_pinned_by_renovate(self) -> None:
        settings = json.loads((ROOT / "renovate.json").read_text())
        [rule] = [rule for rule in settings["packageRules"] if rule.get("pinDigests")]
        assert rule["matchDatasources"] == ["docker"]
        assert {"docker-compose", "dockerfile", "helm-values", "kubernetes"} <= set(rule["matchManagers"])
        assert set(rule["matchManagers"]) <= set(settings["enabledManagers"])
