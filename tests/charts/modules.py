"""Where Go keeps the modules a `go.mod` asks for; checksums are verified by Go."""

import json
import re
import subprocess
from pathlib import Path

from devstack.toolbox.go_compiler import find_go


def module_folders(pins: Path) -> dict[str, Path]:
    """Module path → folder of its files. pins: the folder of the `go.mod`; what is missing is downloaded.

    Each at the version the file says, not at what others in it might ask for: nothing is built of them.
    """
    required = re.findall(r"^\s+(\S+) (v\S+)", (pins / "go.mod").read_text(), re.M)
    command = [find_go(), "mod", "download", "-json", *map("@".join, required)]
    output = subprocess.run(command, cwd=pins, capture_output=True, text=True, check=True).stdout
    decoder, found = json.JSONDecoder(), {}
    while output := output.lstrip():
        module, end = decoder.raw_decode(output)
        found[module["Path"]] = Path(module["Dir"])
        output = output[end:]
    return found
