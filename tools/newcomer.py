"""The README's commands on a machine that has git, make and curl: a Debian root made for it, gone afterwards.

`python -m tools.newcomer --user newcomer`; needs root itself, for the chroot. It tries the last commit.
Everything runs in namespaces of its own for mounts and processes, so that nothing outlives it; the network is
this machine's, with ports of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from devstack.errors import CommandError
from devstack.paths import ROOT, TOOLS
from devstack.toolbox.debian import DEBOOTSTRAP
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.tool import run_command

FOLDER = TOOLS / "newcomer"
RELEASE = "trixie"
PACKAGES = ("git", "make", "curl", "ca-certificates")
AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
MACHINE_FILES = ("etc/resolv.conf", "etc/hosts", AUTHORITIES)
"""Of this machine: how to reach others, and whom to trust."""
PORT_OFFSET = 2700
SESSION = Template("""\
set -eu
mount --make-rprivate /
mount --rbind /dev $root/dev
mount -t proc proc $root/proc
exec chroot --userspec=$user $root /usr/bin/env -i \\
  HOME=$home PATH=/usr/local/bin:/usr/bin:/bin TODO_PORT_OFFSET=$offset SSL_CERT_FILE=/$authorities \\
  /bin/bash -euc '
cd ~/todo
timed() { began=$$(date +%s); "$$@"; echo "== $$* took $$(($$(date +%s) - began)) s"; }
for program in python3 go java mvn node npm uv dapr; do
  ! command -v $$program || { echo "This root is not bare: it has $$program."; exit 1; }
done
timed make up
curl --fail --silent --show-error --output /dev/null http://127.0.0.1:$edge/
timed make down
timed make up
make down
$more
'
""")


def make_root(root: Path, user: str) -> None:
    """A Debian of `PACKAGES`, with an ordinary account if `user` is one, and a clone of the last commit."""
    ensure_tools([DEBOOTSTRAP])
    share = DEBOOTSTRAP.unpacked / "usr" / "share"
    env = {"DEBOOTSTRAP_DIR": str(share / "debootstrap")}
    keyring = f"--keyring={share / 'keyrings' / 'debian-archive-keyring.gpg'}"
    options = ["--variant=minbase", f"--include={','.join(PACKAGES)}", keyring, RELEASE, str(root)]
    run_command(["unshare", "--mount", str(find_tool(DEBOOTSTRAP) / "debootstrap"), *options], env=env)
    for file in MACHINE_FILES:
        shutil.copyfile(Path("/", file), root / file)
    if user != "root":
        run_command(["chroot", str(root), "useradd", "--create-home", user])
    clone = root / home_of(user).lstrip("/") / "todo"
    config = root / "gitconfig"
    config.write_text("[safe]\n\tdirectory = *\n")  # the working copy may be another user's
    command = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)]
    run_command(command, env={"GIT_CONFIG_GLOBAL": str(config)})
    run_command(["chroot", str(root), "chown", "--recursive", f"{user}:", f"{home_of(user)}/todo"])


def home_of(user: str) -> str:
    return "/root" if user == "root" else f"/home/{user}"


def run_session(root: Path, user: str, more: str) -> int:
    """`make up` cold, `make down`, `make up` warm, then `more`; the exit code of what failed first."""
    script = SESSION.substitute(
        root=root,
        user=user,
        home=home_of(user),
        offset=PORT_OFFSET,
        edge=8080 + PORT_OFFSET,
        authorities=AUTHORITIES,
        more=more,
    )
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--user", default="newcomer", help="root, or the name of an ordinary user")
    parser.add_argument("--test", action="store_true", help="`make test`, too: all of it")
    arguments = parser.parse_args()
    if os.geteuid():
        raise CommandError("`make newcomer` needs root, for a chroot.")
    root = FOLDER / arguments.user
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    try:
        make_root(root, arguments.user)
        return run_session(root, arguments.user, "timed make test" if arguments.test else "timed make check")
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandError as error:
        sys.exit(f"\n{error}")
