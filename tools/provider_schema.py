"""Keeps of the schema of a Terraform provider what terraform/ uses: `provider_schema.py TARGET`.

On standard input comes what `terraform providers schema -json` prints.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TERRAFORM = ROOT / "terraform"
BLOCK = re.compile(r'^(resource|data) "(\w+)"', re.M)
KINDS = {"resource": "resource_schemas", "data": "data_source_schemas"}

Schema = dict[str, Any]


def reduce_schema(schema: Mapping[str, Any]) -> Schema:
    """Kind → type → attributes and blocks. schema: of one provider, or of all that a module has."""
    providers = schema.get("provider_schemas", {"": schema}).values()
    used = {found for path in TERRAFORM.glob("**/*.tf") for found in BLOCK.findall(path.read_text())}
    reduced: Schema = {kind: {} for kind in KINDS}
    for kind, name in sorted(used):
        for found in [each[KINDS[kind]] for each in providers if name in each.get(KINDS[kind], {})]:
            reduced[kind][name] = _reduce_block(found[name]["block"])
    return reduced


def list_differing(kept: Schema, now: Schema) -> list[str]:
    """Types that are kept otherwise than they are now; those that are not kept at all are not among them."""
    return [name for kind in kept for name in kept[kind] if kept[kind][name] != now[kind].get(name)]


def _reduce_block(block: Mapping[str, Any]) -> Schema:
    attributes = {name: _describe(each) for name, each in sorted(block.get("attributes", {}).items())}
    blocks = {
        name: _reduce_block(each["block"]) for name, each in sorted(block.get("block_types", {}).items())
    }
    return {"attributes": attributes, **({"blocks": blocks} if blocks else {})}


def _describe(attribute: Mapping[str, Any]) -> str:
    """Who sets it: `required`, `optional`, or `computed` by the provider alone."""
    return next(each for each in ("required", "optional", "computed") if attribute.get(each))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if TARGET is another")
    options = parser.parse_args(arguments)
    reduced = reduce_schema(json.load(sys.stdin))
    if not options.check:
        options.target.write_text(json.dumps(reduced, indent=1) + "\n")
    elif differing := list_differing(json.loads(options.target.read_text()), reduced):
        sys.exit(f"The provider says something else of {', '.join(differing)} than {options.target} does.")


if __name__ == "__main__":
    main()
