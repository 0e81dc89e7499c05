"""Which images may be deployed: those build.yml signed. The digest is read out of the signature."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from devstack.errors import CommandError
from devstack.toolbox.tool import require_command

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = ".github/workflows/build.yml@refs/heads/main"


def verify_signatures(registry: str, tags: Mapping[str, str], repository: str) -> dict[str, str]:
    """`sha256:…` of each image.

    tags: the tag of each, a commit.
    repository: `owner/name` at GitHub whose build.yml, on main, must have signed it.
    Raises `CommandError` naming every image that isn't there or isn't signed so.
    """
    cosign = require_command("cosign", "Install cosign 3 or newer.")
    identity = f"https://github.com/{repository}/{WORKFLOW}"
    with ThreadPoolExecutor() as pool:
        images = {name: f"{registry}/{name}:{tag}" for name, tag in tags.items()}
        verified = pool.map(lambda image: _digest(cosign, image, identity), images.values())
        found = dict(zip(images, verified, strict=True))
    missing = [f"{images[name]}: {problem}" for name, (digest, problem) in found.items() if not digest]
    if missing:
        raise CommandError("Not signed by build.yml:\n" + "\n".join(missing))
    return {name: digest for name, (digest, _) in found.items()}


def _digest(cosign: str, image: str, identity: str) -> tuple[str, str]:
    """Digest and nothing, or nothing and the complaint."""
    who = ["--certificate-identity", identity, "--certificate-oidc-issuer", ISSUER]
    done = subprocess.run(
        [cosign, "verify", *who, "--output=json", image], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return "", done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no signature"
    digests = {str(each["critical"]["image"]["docker-manifest-digest"]) for each in _claims(done.stdout)}
    return (digests.pop(), "") if len(digests) == 1 else ("", f"{len(digests)} digests are signed")


def _claims(text: str) -> Sequence[dict[str, dict[str, dict[str, str]]]]:
    claims: list[dict[str, dict[str, dict[str, str]]]] = json.loads(text)
    return claims
