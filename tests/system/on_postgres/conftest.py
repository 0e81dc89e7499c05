"""As the system of `tests/system`, but on PostgreSQL, and one for each file: it may be broken.

A test asks for `stack`, `healthy`, `nobody`, `ada` as there.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.addresses import find_free_offset
from devstack.paths import RunFolder
from devstack.stack import Stack

OFFSET = 5000
SETTINGS = {"TODO_ALLOWED_NETWORKS": '["127.0.0.0/8"]', "TODO_QUOTA_SIGN_UPS": "1000000"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = RunFolder(Path(tempfile.mkdtemp(prefix="todo-system-")))
    folder.path.chmod(0o755)  # PostgreSQL may run as another account
    stack = Stack(folder, {}, find_free_offset(OFFSET, {"task": 2}), postgres=True, env=SETTINGS)
    stack.up()
    yield stack
    stack.down()
    shutil.rmtree(folder.path)
