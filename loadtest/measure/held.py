"""The system of any checkout, held until standard input ends. Run by `read_price` with that one's Python.

Says the folder and the edge's address as a line of JSON when all of it answers. Uses only what an older
checkout has, too; its modules are found because PYTHONPATH names it.
"""

import json
import sys

from loadtest.measure import system


def main() -> None:
    system.OFFSET = int(sys.argv[1])
    with system.measured_system() as stack:
        description = {"folder": str(stack.folder.path), "edge": stack.addresses.edge}
        print(json.dumps(description), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
