"""A store that speaks S3, in an environment on the cluster of the tests, in place of the provider's."""

import secrets
from pathlib import Path
from string import Template

from cluster.images.build import SERVICES
from cluster.images.platform import build_object_store_image, ensure_archive, format_image_name
from contracts.names import App
from devstack.toolbox.ensure import ensure_tools
from devstack.toolbox.object_store import OBJECT_STORE
from tests.cluster.delivery.environment import Deployed

MANIFEST = Path(__file__).parent / "manifests" / "object-store.yaml"
SECONDS = 60


def install_object_store(where: Deployed) -> None:
    """With a bucket for backups and one for PostgreSQL's archive, and the Secrets of both."""
    ensure_tools([OBJECT_STORE])
    where.cluster.load_image(ensure_archive(build_object_store_image()))
    key = {"access_key": "backups", "secret_key": secrets.token_urlsafe(24)}
    for name in ("backup-store", "archive-store"):
        where.apply_secret(name, key)
    names = {
        "namespace": where.name,
        "python": SERVICES[App.TASK],
        "image": format_image_name(OBJECT_STORE),
    }
    where.cluster.apply(Template(MANIFEST.read_text()).substitute(names))
    where.system.kubectl("rollout", "status", "deployment/object-store", f"--timeout={SECONDS}s")
