"""The programs that the harness runs: `etlc` and `kubectl`, and the cluster as they see it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from harness.model import Fault


def run(words: list[str], text: str | None = None, cwd: Path | None = None, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, input=text, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)


def must(words: list[str], text: str | None = None, cwd: Path | None = None) -> str:
    done = run(words, text, cwd)
    if done.returncode:
        raise Fault(f"{' '.join(words[:6])} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def poll(seconds: float, what: str, check: Callable[[], object]) -> object:
    """Waits until a check gives anything, and gives that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(1)
    raise Fault(f"{what}: nothing after {seconds:.0f} s")


class Cluster:
    """The cluster that KUBECONFIG names, and one namespace of it."""

    def __init__(self, namespace: str) -> None:
        built = Path(os.environ.get("ETLC_CLUSTER_DIR", "/var/tmp/etlc-cluster"), "bin/kubectl")
        self.program = str(built) if built.exists() else shutil.which("kubectl") or "kubectl"
        self.namespace = namespace

    def kubectl(self, *words: str, text: str | None = None) -> str:
        return must([self.program, "-n", self.namespace, *words], text)

    def apply(self, file: Path) -> None:
        self.kubectl("apply", "-f", str(file))

    def create(self, manifest: dict) -> str:
        return self.kubectl("create", "-o", "name", "-f", "-", text=json.dumps(manifest)).strip()

    def get(self, *words: str) -> dict:
        return json.loads(self.kubectl("get", "-o", "json", *words))

    def pods(self, selector: str) -> list[dict]:
        """The pods of a run, oldest first."""
        pods = self.get("pods", "-l", selector)["items"]
        return sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))

    def log(self, pod: dict, container: str) -> str:
        """What a container printed; nothing where it never ran."""
        done = run([self.program, "-n", self.namespace, "logs", pod["metadata"]["name"], "-c", container])
        return done.stdout if done.returncode == 0 else ""


def step_of(metadata: dict) -> str | None:
    """The id of the step that an object of etlc's belongs to."""
    by_annotation = metadata.get("annotations", {}).get("etlc.dev/step")
    return by_annotation or metadata.get("labels", {}).get("etlc.dev/step")


def same_name(step: str, name: str) -> bool:
    """Whether an engine's name is that of a step: other characters are replaced, and a hash may tell names apart."""
    plain, seen = (re.sub("[^a-z0-9]+", "-", text).strip("-") for text in (step, name))
    return seen == plain or re.fullmatch(re.escape(plain) + "-[0-9a-f]{8}", seen) is not None


def find(steps: list[str], name: str) -> str | None:
    return next((step for step in steps if same_name(step, name)), None)
