"""Writes toolchain/uv/wheels.txt for the version tools/uv pins: `python -m tools.pin_uv`.

tools/uv runs where there is neither Python nor unzip, so it is told where in the wheel uv lies. A line:
machine, path below PyPI's files, SHA-256 of the wheel, offset and length of the deflated program in it, and
its CRC-32 and size as gzip ends a file with them, in octal.
"""

import hashlib
import io
import json
import re
import struct
import urllib.request
import zipfile

from devstack.paths import ROOT

WHEELS = ROOT / "toolchain" / "uv" / "wheels.txt"
INDEX = "https://pypi.org/simple/uv/"
FILES = "https://files.pythonhosted.org/packages/"
MACHINES = {
    "Linux-x86_64": "manylinux_2_17_x86_64",
    "Linux-aarch64": "manylinux_2_28_aarch64",
    "Darwin-x86_64": "macosx_10_12_x86_64",
    "Darwin-arm64": "macosx_11_0_arm64",
}
"""Part of the wheel's name, by what `uname -s` and `uname -m` say."""
HEADER_BYTES = 30
"""Of a file in a zip (APPNOTE 4.3.7), before its name."""


def pin_wheel(machine: str, path: str, wheel: bytes) -> str:
    """The line of wheels.txt for a wheel of uv."""
    archive = zipfile.ZipFile(io.BytesIO(wheel))
    program = next(entry for entry in archive.infolist() if re.search(r"\.data/scripts/uv$", entry.filename))
    header = program.header_offset
    name, extra = struct.unpack("<HH", wheel[header + HEADER_BYTES - 4 : header + HEADER_BYTES])
    start = header + HEADER_BYTES + name + extra
    trailer = "".join(f"\\{byte:03o}" for byte in struct.pack("<II", program.CRC, program.file_size))
    digest = hashlib.sha256(wheel).hexdigest()
    return f"{machine} {path} {digest} {start} {program.compress_size} {trailer}"


def main() -> None:
    found = re.search(r"^pinned=(\S+)", (ROOT / "tools" / "uv").read_text(), re.M)
    assert found, "tools/uv pins a version"
    accept = {"accept": "application/vnd.pypi.simple.v1+json"}
    with urllib.request.urlopen(urllib.request.Request(INDEX, headers=accept)) as response:
        listed = {file["filename"]: file["url"] for file in json.load(response)["files"]}
    lines = []
    for machine, tag in MACHINES.items():
        url = next(
            url for name, url in listed.items() if name.startswith(f"uv-{found[1]}-") and f"-{tag}." in name
        )
        with urllib.request.urlopen(url) as response:
            lines.append(pin_wheel(machine, url.removeprefix(FILES), response.read()))
    WHEELS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
