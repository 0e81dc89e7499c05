"""Writes the part of docs/SETUP.md on what environments need and cost."""

import sys

from devstack.errors import CommandError
from tools.capacity.page import write_page

if __name__ == "__main__":
    try:
        write_page()
    except CommandError as error:
        sys.exit(f"\n{error}")
