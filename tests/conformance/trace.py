"""A step that says what reached it: each attempt prints a line `TRACE {...}` when it begins, and one when it ends by itself.

    trace.py [ARGUMENT]...

The arguments are only told. What the step does stands in its environment:

    T_WRITE        the texts of values, as JSON: {"rows": "7"}; each goes to the file that `ETLC_VALUE_ROWS` names
    T_REPEAT       how often each of them is repeated
    T_SLEEP        seconds to sleep
    T_FAIL         the exit code
    T_FAIL_FIRST   how many attempts fail; they are counted at the address in `T_RECORDER`, below the text in `T_KEY`
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import urllib.request
from pathlib import Path

TOLD = ("ETLC_", "T_")


def tell(event: str, **more: object) -> None:
    print("TRACE " + json.dumps({"event": event, "time": time.time(), **more}, sort_keys=True), flush=True)


def environment() -> dict[str, str]:
    return {name: value for name, value in sorted(os.environ.items()) if name.startswith(TOLD)}


def files() -> dict[str, str]:
    """The hash of each file; mounted ConfigMaps have folders of their own that begin with two dots."""
    folder = Path(os.environ["ETLC_FILES"])
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in names.items() if not name.startswith("..")}


def count() -> int:
    """How many attempts there were, with this one."""
    with urllib.request.urlopen(f"{os.environ['T_RECORDER']}/count/{os.environ['T_KEY']}", timeout=30) as answer:
        return int(answer.read())


def main() -> int:
    tell("begin", argv=sys.argv[1:], env=environment(), files=files())
    for name, text in json.loads(os.environ.get("T_WRITE", "{}")).items():
        Path(os.environ[f"ETLC_VALUE_{name.upper()}"]).write_bytes(text.encode() * int(os.environ.get("T_REPEAT", "1")))
    time.sleep(float(os.environ.get("T_SLEEP", "0")))
    code = int(os.environ.get("T_FAIL", "0"))
    if "T_FAIL_FIRST" in os.environ:
        code = 3 if count() <= int(os.environ["T_FAIL_FIRST"]) else 0
    tell("end", code=code)
    return code


if __name__ == "__main__":
    sys.exit(main())
