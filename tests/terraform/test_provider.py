"""Everything terraform/ and its tests name of the provider is there; its schema takes the provider's place.

provider_schema.json is what tools/provider_schema.py kept of the schema of version 2.99.1. `make
terraform-check`, which has the provider, compares.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.configuration import MODULES, TERRAFORM, Body, blocks, parse
from tools.provider_schema import list_differing, reduce_schema

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("provider_schema.json").read_text())
UNKNOWN = {("data", "digitalocean_database_ca")}
"""Types that the schema at hand left out."""
META = {
    "count",
    "for_each",
    "lifecycle",
    "provider",
    "depends_on",
    "dynamic",
    "precondition",
    "postcondition",
}
"""What Terraform itself takes in every resource."""
TEST_FILES = sorted((TERRAFORM / "tests").glob("*.tftest.hcl"))
FILES = [*(path for module in MODULES for path in sorted(module.glob("*.tf"))), *TEST_FILES]
INDEX = r"(?:\[[^\]]*\])?"
REFERENCE = re.compile(rf"\b(data\.)?(digitalocean_\w+)\.\w+{INDEX}\.(\w+)(?:{INDEX}\.(\w+))?")

Schema = Mapping[str, Any]


def list_declared() -> Iterator[tuple[str, str, Body]]:
    """Kind, type and body of each resource and data source."""
    for kind in ("resource", "data"):
        for block in blocks(kind):
            yield from ((kind, name, body) for name, named in block.items() for body in named.values())


DECLARED = [
    pytest.param(kind, name, body, id=f"{kind}.{name}")
    for kind, name, body in list_declared()
    if (kind, name) not in UNKNOWN
]


def complain(body: Body, schema: Schema, path: str = "") -> Iterator[str]:
    """What the provider would refuse of a block."""
    attributes, nested = schema["attributes"], schema.get("blocks", {})
    dynamic = {name: each for block in body.get("dynamic", []) for name, each in block.items()}
    for name, value in body.items():
        if name in META and name not in attributes:
            continue
        if name in nested and isinstance(value, list):
            for each in value:
                yield from complain(each, nested[name], f"{path}{name}.")
        elif name not in attributes:
            yield f"there is no {path}{name}"
        elif attributes[name] == "computed":
            yield f"{path}{name} is the provider's to say"
    for name, each in dynamic.items():
        if name not in nested:
            yield f"there is no {path}{name}"
            continue
        for content in each["content"]:
            yield from complain(content, nested[name], f"{path}{name}.")
    missing = {name for name, who in attributes.items() if who == "required"} - body.keys()
    yield from (f"{path}{name} is missing" for name in sorted(missing))


def list_unknown(text: str) -> Iterator[str]:
    """References to attributes that no type of the provider has."""
    for found in REFERENCE.finditer(text):
        kind, (name, first, second) = "data" if found[1] else "resource", found.groups()[1:]
        if (kind, name) in UNKNOWN:
            continue
        schema = SCHEMA[kind].get(name)
        if schema is None or first not in schema["attributes"] | schema.get("blocks", {}):
            yield found[0]
        elif second and first in schema.get("blocks", {}):
            nested = schema["blocks"][first]
            if second not in nested["attributes"] | nested.get("blocks", {}):
                yield found[0]


@pytest.mark.parametrize(("kind", "name", "body"), DECLARED)
def test_provider_takes_what_is_declared(kind: str, name: str, body: Body) -> None:
    assert list(complain(body, SCHEMA[kind][name])) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_provider_has_what_is_referred_to(path: Path) -> None:
    assert list(list_unknown(path.read_text())) == []


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_provider_could_say_what_the_mocks_do(path: Path) -> None:
    for mock in [each["digitalocean"] for each in parse(path)["mock_provider"]]:
        for kind in ("resource", "data"):
            for name, made in [item for each in mock.get(f"mock_{kind}", []) for item in each.items()]:
                assert made["defaults"].keys() <= SCHEMA[kind][name]["attributes"].keys(), name


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("digitalocean_kubernetes_cluster.this.maintenance_policy[0].daay", 1),
            ("digitalocean_kubernetes_cluster.this.maintenance_policy[0].day", 0),
            ("digitalocean_database_cluster.redis[0].private_hosts", 1),
            ("digitalocean_nothing.this.id", 1),
        ],
    )
    def test_in_references_are_found(self, text: str, found: int) -> None:
        assert len(list(list_unknown(text))) == found

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ({"name": "a"}, "region is missing"),
            ({"name": "a", "region": "fra1", "ranges": "x"}, "there is no ranges"),
            ({"name": "a", "region": "fra1", "urn": "x"}, "urn is the provider's to say"),
        ],
    )
    def test_in_declarations_are_found(self, body: Body, complaint: str) -> None:
        assert list(complain(body, SCHEMA["resource"]["digitalocean_vpc"])) == [complaint]


class TestReducing:
    def test_keeps_who_sets_what(self) -> None:
        block = {"attributes": {"name": {"required": True}, "urn": {"computed": True}}, "block_types": {}}
        schema = {"resource_schemas": {"digitalocean_vpc": {"block": block}}, "data_source_schemas": {}}
        reduced = reduce_schema({"provider_schemas": {"registry/digitalocean": schema}})
        expected = {"digitalocean_vpc": {"attributes": {"name": "required", "urn": "computed"}}}
        assert reduced == {"resource": expected, "data": {}}
        assert list_differing(reduced, reduced) == []
        assert list_differing(SCHEMA, reduced)[0] == sorted(SCHEMA["resource"])[0]
