"""JSON schemas of everything the charts render, for kubeconform: made here, from the pinned releases.

Kubernetes' own kinds come from its OpenAPI document, custom ones from the CRDs in each project's Go
module; Strimzi's CRDs are made by its generator from its API classes. All are strict: a field nobody
knows is an error, which the API server would drop without a word.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from devstack.paths import ROOT, TOOLS
from devstack.toolbox.java import find_java
from devstack.toolbox.maven import STRIMZI as STRIMZI_JARS
from devstack.toolbox.tool import hash_files, is_stamped, run_command, write_stamp
from tests.charts.modules import module_folders

PINS = ROOT / "toolchain" / "schemas"
SCHEMAS = TOOLS / "schemas"
LOCATION = f"{SCHEMAS}/{{{{.Group}}}}-{{{{.ResourceKind}}}}-{{{{.ResourceAPIVersion}}}}.json"
"""Where kubeconform finds them (`-schema-location`)."""
CRDS = {
    "github.com/cert-manager/cert-manager": "deploy/crds/*.yaml",
    "github.com/cloudnative-pg/cloudnative-pg": "config/crd/bases/*.yaml",
    "github.com/cloudnative-pg/plugin-barman-cloud": "config/crd/bases/*.yaml",
    "github.com/dapr/dapr": "charts/dapr/crds/*.yaml",
    "github.com/fluxcd/helm-controller": "config/crd/bases/*.yaml",
    "github.com/fluxcd/kustomize-controller": "config/crd/bases/*.yaml",
    "github.com/fluxcd/source-controller": "config/crd/bases/*.yaml",
    "github.com/prometheus-operator/prometheus-operator": "example/prometheus-operator-crd/*.yaml",
    "github.com/cilium/cilium": "pkg/k8s/apis/cilium.io/client/crds/v2/*.yaml",
    "sigs.k8s.io/gateway-api": "config/crd/standard/*.yaml",
}
STRIMZI_JAVA = 21
"""What its generator was compiled for."""
STRIMZI = {
    "kafka.Kafka": "kafka",
    "nodepool.KafkaNodePool": "nodepool",
    "topic.KafkaTopic": "topic",
    "user.KafkaUser": "user",
}
GROUPS = {"", "apps", "batch", "policy", "autoscaling", "networking.k8s.io", "rbac.authorization.k8s.io"}
ALONE = {("scheduling.k8s.io", "PriorityClass")}
"""Kinds of groups whose other kinds nobody here uses; some of those contain themselves."""

Schema = dict[str, Any]


class Loader(yaml.CSafeLoader):
    """Takes a lone `=` for the word it is; Prometheus' CRDs list it among operators."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


class JsonSchemas:
    """The schemas, as something that is made once."""

    name = "schemas"

    def find(self) -> Path | None:
        return SCHEMAS if is_stamped(self.name, self._fingerprint()) else None

    def install(self) -> None:
        SCHEMAS.mkdir(parents=True, exist_ok=True)
        folders = module_folders(PINS)
        for name, schema in [*_kubernetes(folders), *_custom(_crds(folders))]:
            (SCHEMAS / f"{name}.json").write_text(json.dumps(schema))
        write_stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        return hash_files([*PINS.iterdir(), Path(__file__)])


def _kubernetes(folders: Mapping[str, Path]) -> Iterator[tuple[str, Schema]]:
    document = folders["k8s.io/kubernetes"] / "api" / "openapi-spec" / "swagger.json"
    definitions: dict[str, Schema] = json.loads(document.read_text())["definitions"]
    for definition in definitions.values():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            included = kind["group"] in GROUPS or (kind["group"], kind["kind"]) in ALONE
            if included and not kind["kind"].endswith(("List", "Options")):
                yield _name(kind["group"], kind["kind"], kind["version"]), _strict(definition, definitions)


def _crds(folders: Mapping[str, Path]) -> Iterator[Path]:
    for module, pattern in CRDS.items():
        found = list(folders[module].glob(pattern))
        assert found, f"{module} has no {pattern}"
        yield from found
    yield from _strimzi()


def _strimzi() -> Iterator[Path]:
    made = SCHEMAS / "strimzi"
    made.mkdir(exist_ok=True)
    if STRIMZI_JARS.find() is None:
        STRIMZI_JARS.install()
    classes = [f"io.strimzi.api.kafka.model.{name}={made}/{file}.yaml" for name, file in STRIMZI.items()]
    generator = [
        find_java(STRIMZI_JAVA),
        "-cp",
        f"{STRIMZI_JARS.folder}/*",
        "io.strimzi.crdgenerator.CrdGenerator",
    ]
    run_command([*generator, "--yaml", *classes])
    yield from made.glob("*.yaml")


def _custom(crds: Iterator[Path]) -> Iterator[tuple[str, Schema]]:
    for path in crds:
        for crd in yaml.load_all(path.read_text(), Loader):
            if not crd or crd["kind"] != "CustomResourceDefinition":
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                name = _name(spec["group"], spec["names"]["kind"], version["name"])
                yield name, _strict(version["schema"]["openAPIV3Schema"], {})


def _name(group: str, kind: str, version: str) -> str:
    """As kubeconform puts it together; for the core group it takes the version as the group."""
    return f"{group or version}-{kind.lower()}-{version}"


def _strict(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """JSON Schema of an OpenAPI one, with every reference resolved and no unknown field allowed."""
    if "$ref" in schema:
        return _strict(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string":
        return {"type": ["integer", "string"]}
    strict = {key: value for key, value in schema.items() if not key.startswith(("x-", "description"))}
    strict.pop("format", None)
    if schema.get("properties"):
        strict["properties"] = {
            name: _strict(field, definitions) for name, field in schema["properties"].items()
        }
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            strict.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(strict.get(key), dict):
            strict[key] = _strict(strict[key], definitions)
    return _nullable(strict)


def _nullable(schema: Schema) -> Schema:
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema
