"""`python -m tools.openapi <file>` writes the OpenAPI document; a test refuses drift."""

import json
import sys
from pathlib import Path

from tools.openapi.document import whole_api

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(whole_api(), indent=1, ensure_ascii=False) + "\n")
