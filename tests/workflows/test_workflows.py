"""What the workflows may do, and that what they call is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.names import IMAGES
from delivery.environments import list_environments, load_environment
from delivery.infrastructure_values import InfrastructureValues
from delivery.parser import build_parser
from devstack.helmfile import MONITORING_HELMFILE, read_releases
from devstack.paths import ROOT
from devstack.toolbox.helm import HELM
from tests.workflows.definitions import NAMES, WORKFLOWS, Job, definition, file, job, jobs

USES = re.compile(r"uses: (\S+)(.*)")
SECRETS = {"DIGITALOCEAN_ACCESS_TOKEN", "REGISTRY_NAME", "KUBE_CONFIG", "SLACK_WEBHOOK_URL"}
RIGHTS = {
    ("deploy", "revision"): {"checks": "read", "pull-requests": "read"},
    ("build", "publish"): {"id-token": "write"},
    ("build", "deploy"): {"actions": "write"},
    ("codeql", "analyze"): {"security-events": "write"},
    ("docs", "publish"): {"id-token": "write", "pages": "write"},
}
RELEASING = [job("deploy", "staging"), job("deploy", "production"), job("rollback", "rollback")]
TITLE = "{0.workflow}-{0.name}".format


def steps_using(workflow: str, name: str, action: str) -> list[dict[str, Any]]:
    """What the steps of a job that use `action` are given."""
    steps = job(workflow, name).steps
    return [step["with"] for step in steps if step.get("uses", "").startswith(f"{action}@")]


def actions(name: str) -> list[tuple[str, str]]:
    return USES.findall(file(name).read_text())


class TestActions:
    def test_are_in_these_files(self) -> None:
        assert {path.stem for path in WORKFLOWS.iterdir()} == set(NAMES)

    @pytest.mark.parametrize("name", NAMES)
    def test_are_pinned_by_commit_with_their_version(self, name: str) -> None:
        for action, comment in actions(name):
            assert re.fullmatch(r"[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40}", action)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action

    def test_have_one_version_everywhere(self) -> None:
        found = {action for name in NAMES for action in actions(name)}
        assert len({action.partition("@")[0] for action, _ in found}) == len(found)

    def test_of_tools_have_the_versions_of_this_repository(self) -> None:
        uv = re.findall(r"^pinned=(\S+)", (ROOT / "tools" / "uv").read_text(), re.M)
        pinned = {"astral-sh/setup-uv": set(uv), "azure/setup-helm": {f"v{HELM.version}"}}
        for each in jobs():
            for step in each.steps:
                expected = pinned.get(step.get("uses", "").partition("@")[0])
                assert expected is None or {step["with"]["version"]} == expected


class TestRights:
    @pytest.mark.parametrize("name", NAMES)
    def test_are_none_by_default(self, name: str) -> None:
        assert definition(name)["permissions"] == {}

    @pytest.mark.parametrize("each", jobs(), ids=TITLE)
    def test_are_to_read_and_what_is_listed(self, each: Job) -> None:
        more = RIGHTS.get((each.workflow, each.name), {})
        assert set(each.body["permissions"].items()) <= {("contents", "read"), *more.items()}

    @pytest.mark.parametrize("each", jobs(), ids=TITLE)
    def test_don_t_stay_in_the_working_copy(self, each: Job) -> None:
        for step in each.steps:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


class TestJobs:
    @pytest.mark.parametrize("each", jobs(), ids=TITLE)
    def test_end_in_an_hour(self, each: Job) -> None:
        assert each.body["timeout-minutes"] <= 60

    def test_that_publish_run_for_the_main_branch_only(self) -> None:
        assert definition("build")["on"] == definition("docs")["on"] == {"push": {"branches": ["main"]}}


class TestSecrets:
    def test_are_the_four_that_are_documented(self) -> None:
        assert set().union(*(each.secrets for each in jobs())) == SECRETS

    @pytest.mark.parametrize("each", jobs(), ids=TITLE)
    def test_are_in_reach_of_jobs_with_an_environment_only(self, each: Job) -> None:
        assert not each.secrets or "environment" in each.body

    def test_are_out_of_reach_of_changes_and_scanners(self) -> None:
        assert all(
            not each.secrets for each in [*jobs("ci"), job("build", "image"), job("deploy", "revision")]
        )

    @pytest.mark.parametrize("each", RELEASING, ids=TITLE)
    def test_of_the_cluster_are_given_to_steps_not_to_jobs(self, each: Job) -> None:
        assert "secrets" not in str(each.body.get("env"))


class TestRequiredJob:
    def test_waits_for_all_others(self) -> None:
        required = job("ci", "ci")
        assert set(required.body["needs"]) == {each.name for each in jobs("ci")} - {"ci"}
        assert required.body["if"] == "always()"

    def test_lets_pass_only_what_succeeded_or_had_nothing_to_do(self) -> None:
        """A job with nothing to do is skipped; `changes` and `check` always have something to do."""
        [step] = job("ci", "ci").steps
        assert step["uses"].startswith("re-actors/alls-green@")
        assert step["with"]["jobs"] == "${{ toJSON(needs) }}"
        skippable = {each.name for each in jobs("ci") if "if" in each.body} - {"ci"}
        assert set(step["with"]["allowed-skips"].split(", ")) == skippable
        assert "allowed-failures" not in step["with"]

    def test_runs_whatever_the_change_touches(self) -> None:
        assert definition("ci")["on"] == {"pull_request": None, "merge_group": None}


class TestImages:
    @pytest.mark.parametrize("name", ["image", "publish"])
    def test_are_all_there_are(self, name: str) -> None:
        assert set(job("build", name).body["strategy"]["matrix"]["image"]) == set(IMAGES)

    def test_are_published_after_all_have_been_scanned(self) -> None:
        assert job("build", "publish").body["needs"] == "image"
        assert job("build", "deploy").body["needs"] == "publish"

    def test_are_built_once_and_everything_after_takes_that_build(self) -> None:
        building = [each.name for each in jobs() if "docker/build-push-action@" in each.text]
        assert building == ["image"]
        [build] = steps_using("build", "image", "docker/build-push-action")
        assert build["outputs"] == "type=oci,dest=oci,tar=false"
        scanned = steps_using("build", "image", "aquasecurity/trivy-action")
        kept = steps_using("build", "image", "actions/upload-artifact")[-1]
        assert {step["input"] for step in scanned} == {kept["path"]} == {"oci"}
        [taken] = steps_using("build", "publish", "actions/download-artifact")
        assert (taken["name"], taken["path"]) == (kept["name"], "oci")

    def test_with_what_is_critical_are_refused(self) -> None:
        refusing = steps_using("build", "image", "aquasecurity/trivy-action")[-1]
        assert refusing["exit-code"] == "1"
        assert refusing["severity"] == "CRITICAL"
        assert refusing["scanners"] == "vuln,secret"
        assert refusing["trivyignores"] == ".trivyignore.yaml"
        assert "ignore-unfixed" not in refusing
        assert not [step for step in job("build", "image").steps if step.get("continue-on-error")]

    def test_are_pushed_as_built_under_the_commit_and_signed_by_the_digest(self) -> None:
        push, sign = job("build", "publish").commands
        assert push[:4] == ["skopeo", "copy", "--all", "--preserve-digests"]
        assert push[-2:] == ["oci:oci", "docker://$IMAGE:$GITHUB_SHA"]
        assert push[push.index("--digestfile") + 1] == "digest"
        assert sign == ["cosign", "sign", "--yes", "$IMAGE@$(cat digest)"]

    def test_come_with_sbom_and_provenance(self) -> None:
        [build] = steps_using("build", "image", "docker/build-push-action")
        assert (build["sbom"], build["provenance"]) == (True, "mode=max")


class TestReleases:
    @pytest.mark.parametrize("each", RELEASING, ids=TITLE)
    def test_of_one_environment_never_overlap(self, each: Job) -> None:
        where = each.body["environment"]
        concurrency = each.body.get("concurrency") or definition(each.workflow)["concurrency"]
        assert concurrency == {"group": f"release-{where}", "cancel-in-progress": False}

    @pytest.mark.parametrize("name", ["staging", "production"])
    def test_are_of_the_commit_that_was_asked_for_and_signed_here(self, name: str) -> None:
        each = job("deploy", name)
        [checkout] = [step for step in each.steps if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"]["ref"] == "${{ inputs.revision }}"
        [step] = [step for step in each.steps if step.get("id") == "release"]
        words = step["run"].split()
        assert words[words.index("--tag") + 1] == '"$REVISION"'
        assert words[words.index("--signed-by") + 1] == '"$GITHUB_REPOSITORY"'

    def test_are_of_a_commit_that_was_looked_at_before_secrets_are_in_reach(self) -> None:
        first = job("deploy", "revision")
        assert "environment" not in first.body
        [checkout] = steps_using("deploy", "revision", "actions/checkout")
        assert (checkout["ref"], checkout["fetch-depth"]) == ("main", 0)
        for name in ("staging", "production"):
            assert "revision" in job("deploy", name).body["needs"]
            assert "if" not in job("deploy", name).body

    def test_reach_production_after_staging_with_the_same_images(self) -> None:
        production = job("deploy", "production")
        assert production.body["needs"] == ["revision", "staging"]
        [step] = [step for step in production.steps if step.get("id") == "release"]
        assert step["env"]["IMAGES"] == "${{ needs.staging.outputs.images }}"
        assert step["run"].split()[-2:] == ["--same-as", '"$IMAGES"']
        assert job("deploy", "staging").body["outputs"] == {"images": "${{ steps.release.outputs.images }}"}

    @pytest.mark.parametrize("name", ["staging", "production"])
    def test_go_out_as_a_canary_and_have_the_time_for_it(self, name: str) -> None:
        """For its steps, one step's worth of waiting, and what comes before and after."""
        each = job("deploy", name)
        [step] = [step for step in each.steps if step.get("id") == "release"]
        assert step["run"].split()[4] == "canary"
        canary = load_environment(name).find_canary(InfrastructureValues({"todo": ""}))
        minutes = sum(each["minutes"] for each in canary["steps"]) + canary["patience"]
        assert minutes + 20 <= each.body["timeout-minutes"]

    @pytest.mark.parametrize("name", ["staging", "production"])
    def test_know_the_history_since_what_runs(self, name: str) -> None:
        """By it `delivery` tells which images have changed; without it all would restart."""
        [checkout] = steps_using("deploy", name, "actions/checkout")
        assert checkout["fetch-depth"] == 0

    def test_can_be_rolled_back_everywhere(self) -> None:
        assert (
            definition("rollback")["on"]["workflow_dispatch"]["inputs"]["environment"]["options"]
            == list_environments()
        )

    @pytest.mark.parametrize("each", RELEASING, ids=TITLE)
    def test_are_smoke_tested_and_told_of(self, each: Job) -> None:
        verbs = [words[4] for words in each.commands if words[:2] == ["uv", "run"]]
        assert "smoke" in verbs
        last = each.steps[-1]
        assert last["uses"].startswith("slackapi/slack-github-action@")
        assert last["if"] == "always() && env.SLACK_WEBHOOK_URL != ''"

    @pytest.mark.parametrize("each", RELEASING, ids=TITLE)
    def test_fill_in_the_whole_message(self, each: Job) -> None:
        text = (ROOT / ".github" / "slack-message.yaml").read_text()
        expected = {name for name in re.findall(r"env\.(\w+)", text) if not name.startswith("GITHUB_")}
        assert set(yaml.safe_load(text)) == {"text", "blocks"}
        assert expected <= set(each.steps[-1]["env"])
        assert each.steps[-1]["with"]["payload-file-path"] == ".github/slack-message.yaml"

    @pytest.mark.parametrize("name", ["staging", "production"])
    def test_that_fail_their_smoke_test_are_taken_back(self, name: str) -> None:
        [back] = [step for step in job("deploy", name).steps if step.get("name") == "Go back"]
        assert back["if"] == "failure() && steps.smoke.outcome == 'failure'"


class TestInfrastructure:
    @pytest.mark.parametrize("each", RELEASING, ids=TITLE)
    def test_is_known_to_every_step_that_asks_for_it(self, each: Job) -> None:
        """Registry and host are in the cluster; no workflow has them a second time."""
        asking = [step for step in each.steps if "delivery" in step.get("run", "")]
        assert all(step["env"]["KUBE_CONFIG"] == "${{ secrets.KUBE_CONFIG }}" for step in asking)
        assert "REGISTRY_NAME" not in each.secrets


class TestCommands:
    @pytest.mark.parametrize("each", jobs(), ids=TITLE)
    def test_are_verbs_there_are(self, each: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same parser that will read them; variables stand for something that fits."""
        makefile = (ROOT / "Makefile").read_text()
        verbs = set(re.findall(r"^([a-z-]+):", makefile, re.M))
        for words in each.commands:
            filled = [self._filled(word) for word in words if word != "sudo"]
            if filled[0] == "make":
                assert filled[1] in verbs
                given = dict(word.split("=", 1) for word in filled[2:] if "=" in word)
                assert all(f"$({name})" in makefile for name in given)
                assert filled[1] != "platform" or read_releases(environment=given["ENV"])
                assert filled[1] != "monitoring" or read_releases(MONITORING_HELMFILE, given["ENV"])
            elif filled[:2] == ["uv", "run"]:
                assert filled[2:4] == ["--frozen", "delivery"]
                assert build_parser().parse_args(filled[4:])
            else:
                assert filled[0] in ("cosign", "gh", "skopeo", "sysctl")

    def _filled(self, word: str) -> str:
        word = word.replace("$ENVIRONMENT", "staging").replace("$TO", "3")
        return re.sub(r"^\$(IMAGES|STAGING|PRODUCTION)$", "{}", word)

    @pytest.mark.parametrize("name", NAMES)
    def test_have_no_expression_in_them(self, name: str) -> None:
        """An expression in a script is code from whoever can set it; variables are data."""
        assert not [step for each in jobs(name) for step in each.steps if "${{" in step.get("run", "")]

    def test_start_a_workflow_there_is(self) -> None:
        [words] = job("build", "deploy").commands
        assert Path(WORKFLOWS / words[3]).exists()
        given = {word.partition("=")[0] for word in words if "=" in word}
        assert given == set(definition("deploy")["on"]["workflow_dispatch"]["inputs"])
