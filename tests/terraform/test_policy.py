"""What terraform/ must never say, whoever changes it."""

import math
import re
from collections import Counter
from pathlib import Path
from secrets import token_hex, token_urlsafe
from urllib.parse import urlsplit

import pytest
import yaml

from contracts.names import App
from devstack.helmfile import PLATFORM
from tests.terraform.configuration import (
    ENVIRONMENTS,
    MODULES,
    TERRAFORM,
    blocks,
    environment,
    outputs,
    parse,
    resources,
    strings,
    variables,
)

FILES = [path for module in MODULES for path in [*module.glob("*.tf"), *module.glob("environments/*")]]
CLUSTER = "${digitalocean_kubernetes_cluster.this.id}"


def looks_random(word: str) -> bool:
    """Long, of letters and digits without a separator, and hardly a character more often than others."""
    counts = Counter(word)
    entropy = -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())
    return bool(re.fullmatch(r"[\w-]{20,}", word)) and bool(re.search(r"\d", word)) and entropy > 3.2


class TestVariables:
    @pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
    def test_are_typed_described_and_validated(self, module: Path) -> None:
        found = variables(module)
        assert found
        for name, body in found.items():
            assert {"type", "description", "validation"} <= set(body), name
            assert all(rule["error_message"] for rule in body["validation"]), name

    @pytest.mark.parametrize("name", ENVIRONMENTS)
    def test_of_an_environment_exist(self, name: str) -> None:
        given = environment(name)
        known = variables(TERRAFORM)
        assert set(given) <= set(known)
        assert {key for key, body in known.items() if "default" not in body} <= set(given)
        assert given["environment"] == name

    def test_know_the_services_there_are(self) -> None:
        assert set(variables(TERRAFORM)["services"]["default"]) == set(App)


class TestOutputs:
    def test_are_described(self) -> None:
        assert all(body["description"] for body in outputs().values())

    def test_never_give_a_kubeconfig(self) -> None:
        assert not [name for name, body in outputs().items() if re.search("kube_?config", str(body["value"]))]

    def test_with_secrets_are_sensitive(self) -> None:
        secret = {
            name for name, body in outputs().items() if re.search(r"password|secret_key", str(body["value"]))
        }
        assert secret == {"bucket_keys", "secrets"}
        assert all(outputs()[name].get("sensitive") is True for name in secret)


class TestDatabases:
    def test_are_in_the_private_network(self) -> None:
        found = resources("digitalocean_database_cluster")
        assert len(found) == 2
        for each in found:
            assert each.body["private_network_uuid"] == "${digitalocean_vpc.this.id}", each.address

    def test_let_in_the_cluster_and_nobody_else(self) -> None:
        clusters = {each.name for each in resources("digitalocean_database_cluster")}
        walls = {each.name: each.body for each in resources("digitalocean_database_firewall")}
        assert set(walls) == clusters
        for name, body in walls.items():
            assert body["cluster_id"] == f"${{digitalocean_database_cluster.{name}[0].id}}"
            assert body["rule"] == [{"type": "k8s", "value": CLUSTER}], name

    def test_are_reached_by_the_private_name(self) -> None:
        text = (TERRAFORM / "outputs.tf").read_text()
        assert not re.search(r"digitalocean_database_cluster\.\w+\[0\]\.(host|uri)\b", text)

    def test_are_reached_from_the_private_network_only(self) -> None:
        text = (TERRAFORM / "outputs.tf").read_text()
        assert re.findall(r"cidr = ([^ }]+)", text) == ["var.vpc_range"] * 2

    def test_are_not_removed_by_a_mistake(self) -> None:
        for each in resources("digitalocean_database_cluster"):
            assert each.body["lifecycle"][0]["prevent_destroy"] is True, each.address


class TestCluster:
    def test_gets_patches_and_takes_nothing_else_with_it(self) -> None:
        [cluster] = resources("digitalocean_kubernetes_cluster")
        assert cluster.body["auto_upgrade"] is True
        assert cluster.body["surge_upgrade"] is True
        assert cluster.body["destroy_all_associated_resources"] is False
        assert cluster.body["vpc_uuid"] == "${digitalocean_vpc.this.id}"

    def test_has_several_control_planes_in_production(self) -> None:
        [cluster] = resources("digitalocean_kubernetes_cluster")
        assert cluster.body["ha"] == "${var.high_availability}"
        assert environment("production")["high_availability"] is True
        assert _conditions("high_availability") == [
            '${var.high_availability || var.environment != "production"}'
        ]

    def test_hands_out_access_that_ends(self) -> None:
        [cluster] = resources("digitalocean_kubernetes_cluster")
        assert cluster.body["kubeconfig_expire_seconds"] == "${var.kubeconfig_seconds}"
        [condition] = _conditions("kubeconfig_seconds")
        assert "var.kubeconfig_seconds <= 86400" in condition

    def test_answers_the_addresses_it_is_told(self) -> None:
        [cluster] = resources("digitalocean_kubernetes_cluster")
        [wall] = [block["control_plane_firewall"] for block in cluster.body["dynamic"]]
        [content] = wall["content"]
        assert content["enabled"] is True
        assert content["allowed_addresses"] == "${control_plane_firewall.value}"


def _conditions(name: str) -> list[str]:
    """What a variable must meet."""
    return [rule["condition"] for rule in variables(TERRAFORM)[name]["validation"]]


class TestNodePools:
    def test_have_a_bound(self) -> None:
        [cluster] = resources("digitalocean_kubernetes_cluster")
        found = [
            *cluster.body["node_pool"],
            *(e.body for e in resources("digitalocean_kubernetes_node_pool")),
        ]
        assert len(found) == 2
        for pool in found:
            if pool.get("auto_scale"):
                assert pool["max_nodes"] == "${var.workers.max}"
            else:
                assert pool["node_count"] == 1
        rules = [rule["condition"] for rule in variables(TERRAFORM)["workers"]["validation"]]
        assert any("var.workers.max <= 10" in rule for rule in rules)

    @pytest.mark.parametrize("name", ENVIRONMENTS)
    def test_scale_within_it(self, name: str) -> None:
        workers = environment(name).get("workers") or variables(TERRAFORM)["workers"]["default"]
        assert 3 <= workers["min"] <= workers["max"] <= 10

    def test_that_work_can_change_without_a_new_cluster(self) -> None:
        [workers] = resources("digitalocean_kubernetes_node_pool")
        assert workers.body["lifecycle"][0]["create_before_destroy"] is True


class TestBuckets:
    def test_are_private_and_keep_versions(self) -> None:
        found = resources("digitalocean_spaces_bucket")
        assert {each.name for each in found} == {"this", "state"}
        for each in found:
            assert each.body["acl"] == "private", each.address
            assert each.body["force_destroy"] is False, each.address
            assert each.body["versioning"] == [{"enabled": True}], each.address
            assert each.body["lifecycle_rule"][0]["enabled"] is True, each.address

    def test_are_not_opened_by_anything_else(self) -> None:
        opens = ("digitalocean_spaces_bucket_policy", "digitalocean_spaces_bucket_cors_configuration")
        assert resources(*opens, "digitalocean_cdn") == []

    def test_have_keys_that_open_one(self) -> None:
        [key] = resources("digitalocean_spaces_key")
        assert key.body["grant"] == [{"bucket": "${each.value.name}", "permission": "readwrite"}]


class TestBackups:
    def test_of_production_are_in_another_data_centre(self) -> None:
        given = environment("production")
        assert given["backups_region"] not in ("", given["region"])
        assert any("var.backups_region != var.region" in each for each in _conditions("backups_region"))

    def test_are_where_the_charts_are_told(self) -> None:
        values = str(outputs()["todo_values"]["value"])
        endpoint = 'endpoint = "https://${local.backups_region}.digitaloceanspaces.com"'
        assert f"store = {{{endpoint}, region = local.backups_region," in values
        [bucket] = [each for each in resources("digitalocean_spaces_bucket") if each.name == "this"]
        assert bucket.body["region"] == "${local.bucket_regions[each.key]}"


class TestDomain:
    def test_is_certified_by_the_authorities_of_the_issuers_alone(self) -> None:
        """Let's Encrypt answers to this name in CAA records, wherever its directory is."""
        [record] = [each for each in resources("digitalocean_record") if each.name == "certificate_authority"]
        fields = {name: record.body[name] for name in ("type", "name", "flags", "tag", "value")}
        assert fields == {"type": "CAA", "name": "@", "flags": 0, "tag": "issue", "value": "${each.value}."}
        assert variables(TERRAFORM)["certificate_authorities"]["default"] == ["letsencrypt.org"]
        issuers = yaml.safe_load_all((PLATFORM / "manifests" / "issuers.yaml").read_text())
        servers = [each["spec"]["acme"]["server"] for each in issuers]
        assert all(urlsplit(server).hostname.endswith(".letsencrypt.org") for server in servers)


class TestState:
    def test_of_each_environment_is_apart_and_in_the_bucket(self) -> None:
        found = [parse(path) for path in sorted((TERRAFORM / "environments").glob("*.s3.tfbackend"))]
        assert {each["key"] for each in found} == {f"{name}.tfstate" for name in ENVIRONMENTS}
        assert {each["bucket"] for each in found} == {variables(TERRAFORM / "state")["bucket"]["default"]}

    def test_is_locked(self) -> None:
        [settings] = blocks("terraform", TERRAFORM)
        assert settings["backend"][0]["s3"]["use_lockfile"] is True

    def test_bucket_stays(self) -> None:
        [state] = [each for each in resources("digitalocean_spaces_bucket") if each.name == "state"]
        assert state.body["lifecycle"][0]["prevent_destroy"] is True


class TestSecrets:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_are_in_no_file(self, path: Path) -> None:
        assert not [word for text in strings(parse(path)) for word in text.split() if looks_random(word)]

    def test_would_be_seen(self) -> None:
        assert looks_random(token_hex(32))
        assert looks_random(token_urlsafe(24))

    def test_are_not_given_to_the_provider(self) -> None:
        assert all(not body for block in blocks("provider") for body in block.values())


class TestVersions:
    @pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
    def test_are_bounded(self, module: Path) -> None:
        [settings] = blocks("terraform", module)
        assert "<" in settings["required_version"]
        assert settings["required_providers"][0]["digitalocean"]["version"].startswith("~> 2.")
