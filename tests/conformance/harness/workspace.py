"""A copy of the workspace of cases, for one image and namespace, and what etlc makes of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.model import Fault
from harness.tools import must, run

HERE = Path(__file__).resolve().parent.parent
IMAGE = "etlc.test/tools:1"
NAMESPACE = "etlc-conformance"


@dataclass(frozen=True)
class Rendered:
    """What etlc made of a case for a target: the folder, whether it refused instead, and what it said, on one line."""

    folder: Path
    refused: bool
    said: str


class Workspace:
    def __init__(self, folder: Path, etlc: Path, image: str, namespace: str) -> None:
        self.folder, self.etlc, self.out = folder / "workspace", etlc, folder / "rendered"
        for part in ("platform", "cases"):
            shutil.copytree(HERE / part, self.folder / part)
        for part in ("etlc.yaml", "trace.py"):
            shutil.copy(HERE / part, self.folder)
        for file in self.folder.rglob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(IMAGE, image).replace(NAMESPACE, namespace), encoding="utf-8")

    def render(self, case: str, target: str, environment: str) -> Rendered:
        words = ["render", f"cases/{case}", "--target", target, "--env", environment, "--out", str(self.out)]
        done = run([str(self.etlc), *words], cwd=self.folder)
        if done.returncode not in (0, 1):
            raise Fault(f"etlc render ended with {done.returncode}: {done.stderr}")
        # Lines are broken, and begin with what draws the box around a fault.
        said = " ".join(done.stderr.split())
        return Rendered(self.out / environment / target, done.returncode == 1, said)

    def plan(self, case: str, environment: str) -> dict:
        return json.loads(must([str(self.etlc), "plan", f"cases/{case}", "--env", environment], cwd=self.folder))
