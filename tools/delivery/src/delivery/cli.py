"""Runs what `parser` has read."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.names import IMAGES
from delivery import changes, pins, recovery_commands, releases, smoke, third_party_images
from delivery.access import Access, open_access
from delivery.bootstrap import Bootstrap
from delivery.canary import CanaryRelease
from delivery.certificate import create_ssl_context
from delivery.environments import Environment, load_environment
from delivery.infrastructure_values import read_values
from delivery.parser import build_parser
from delivery.registry import Registry
from delivery.releases import read_running_values
from delivery.revisions import require_releasable
from delivery.saved_secrets import restore_secrets, save_secrets
from delivery.signatures import verify_signatures
from devstack.errors import CommandError
from devstack.paths import ROOT


def main() -> None:
    try:
        sys.exit(_run(build_parser().parse_args()))
    except CommandError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def _run(arguments: argparse.Namespace) -> int:
    match arguments.verb:
        case "changes":
            return _changes(arguments.before, arguments.after)
        case "suite":
            return _suite(arguments.name)
        case "revision":
            print(require_releasable(arguments.commit, arguments.repository))
            return 0
        case "images":
            return _images(pin=arguments.pin)
        case "collect-garbage":
            for line in Registry(arguments.registry).collect_garbage(arguments.running, arguments.keep):
                _report(line)
            return 0
    where = load_environment(arguments.environment, arguments.values)
    match arguments.verb:
        case "smoke":
            return _smoke(where, arguments.url, arguments.authority)
        case "running":
            with open_access(where.namespace) as cluster:
                _print_output(where.name, json.dumps(releases.list_running(cluster)))
        case "deploy":
            _deploy(where, arguments)
        case "release" | "canary":
            _release(where, arguments)
        case "pin":
            _pin(where, arguments)
        case "rollback":
            _roll_back(where, arguments)
        case verb if verb in recovery_commands.VERBS:
            return recovery_commands.run(where, arguments, _report)
        case "save-secrets":
            with open_access(where.namespace) as cluster:
                print(save_secrets(cluster))
        case "restore-secrets":
            with open_access(where.namespace) as cluster:
                names = restore_secrets(cluster, arguments.file.read())
            print(f"{len(names)} Secrets are what they were when they were saved: {', '.join(names)}.")
        case "history":
            with open_access(where.namespace) as cluster:
                for each in releases.list_revisions(cluster):
                    print(f"{each.number:>4}  {each.status:<12} {each.description}")
    return 0


def _changes(before: str, after: str) -> int:
    paths = changes.list_changed_paths(before, after)
    found = changes.list_suites() if paths is None else changes.select_suites(paths)
    _print_output("suites", json.dumps([suite.name for suite in found]))
    return 0


def _images(*, pin: bool) -> int:
    if pin:
        third_party_images.pin_files()
    _print_output("images", json.dumps(third_party_images.list_images()))
    return 0


def _suite(name: str) -> int:
    found = [suite for suite in changes.list_suites() if suite.name == name]
    if not found:
        raise CommandError(f"Unknown suite {name!r}.")
    print(" ".join(found[0].tests))
    return 0


def read_pins(arguments: argparse.Namespace, cluster: Access) -> dict[str, pins.Pin]:
    """What each image is to run. Raises `CommandError` for what isn't signed, or isn't what was tried before.

    Of what build.yml signed, an image whose content is that of the one that runs stays the one that runs.
    """
    if not arguments.signed_by:
        listed: dict[str, str] = json.loads(arguments.digests.read_text()) if arguments.digests else {}
        if unknown := set(listed) - set(IMAGES):
            raise CommandError(f"No images of ours: {', '.join(sorted(unknown))}.")
        return {name: {"tag": arguments.tag, "digest": digest} for name, digest in listed.items()}
    tried = arguments.same_as if arguments.same_as is not None else {}
    signed = _read_signed(arguments, cluster, {name: pin["tag"] for name, pin in tried.items()})
    if tried and signed != tried:
        raise CommandError(f"{arguments.tag} has other digests now than those that were released before.")
    return pins.pin_changed(pins.parse_pins(read_running_values(cluster)), signed, pins.has_changed)


def _read_signed(
    arguments: argparse.Namespace, cluster: Access, tags: Mapping[str, str]
) -> dict[str, pins.Pin]:
    """tags: commits of images that aren't those of the commit that is released."""
    every = {name: tags.get(name, arguments.tag) for name in IMAGES}
    for tag in every.values():
        if not re.fullmatch(r"[0-9a-f]{40}", tag):
            raise CommandError(f"{tag!r} is not a commit; build.yml tags images with the full SHA.")
    registry = arguments.registry or read_values(cluster).registry
    digests = verify_signatures(registry, every, arguments.signed_by)
    return {name: {"tag": every[name], "digest": digest} for name, digest in digests.items()}


def _deploy(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        options = {"tag": arguments.tag, "registry": arguments.registry, "wait": arguments.wait}
        images = read_pins(arguments, cluster)
        bootstrap = Bootstrap(where, cluster, images, ephemeral=arguments.ephemeral, **options)
        bootstrap.run([step for step in arguments.steps.split(",") if step])


def _release(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        options = {"tag": arguments.tag, "registry": arguments.registry, "wait": arguments.wait}
        release = releases.Release(where, read_pins(arguments, cluster), **options)
        if arguments.verb == "canary":
            revision = CanaryRelease(cluster, release, _report).run()
        else:
            revision = releases.upgrade_release(cluster, release)
    _report(f"{where.name} runs {arguments.tag} as revision {revision.number} ({revision.description}).")
    for image, pin in release.pins.items():
        _report(f"  {image} {pin['digest']} of {pin['tag']}")
    _print_output("images", json.dumps(release.pins))


def _pin(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        signed = _read_signed(arguments, cluster, {})
    file = pins.find_images_file(where)
    before = pins.read_pins(file)
    after = pins.pin_changed(before, signed, pins.has_changed)
    pins.write_pins(file, after)
    changed = [image for image, pin in after.items() if pin != before.get(image)]
    print(f"{where.name}: {', '.join(changed) or 'nothing'} will restart; commit {file.relative_to(ROOT)}.")


def _roll_back(where: Environment, arguments: argparse.Namespace) -> None:
    with open_access(where.namespace) as cluster:
        revision = releases.roll_back(cluster, arguments.to, wait=arguments.wait)
    _report(f"{where.name} is at revision {revision.number}: {revision.description}.")


def _smoke(where: Environment, url: str, authority: str) -> int:
    client = smoke.SmokeClient((url or _find_url(where)).rstrip("/"))
    client.context = create_ssl_context(authority or ("" if url else where.authority))
    failed = 0
    for name, passed, seen in smoke.run_checks(client):
        failed += not passed
        _report(f"  {'ok  ' if passed else 'FAIL'} {name}: {seen}")
    return 1 if failed else 0


def _find_url(where: Environment) -> str:
    with open_access(where.namespace) as cluster:
        return f"https://{where.find_host(read_values(cluster))}"


def _print_output(name: str, value: str) -> None:
    """To the person, and for the workflow's later steps."""
    print(value)
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a") as output:
            output.write(f"{name}={value}\n")


def _report(line: str) -> None:
    """To the person, and into the summary of the workflow's run."""
    print(line, flush=True)
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a") as summary:
            summary.write(f"{line}\n\n")


if __name__ == "__main__":
    main()
