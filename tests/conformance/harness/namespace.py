"""The namespace that the suite works in, and what its steps find there: a service account, a secret, and the recorder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from harness.tools import Cluster, poll

RECORDER = Path(__file__).resolve().parent / "recorder.py"
ACCOUNT = "conformance"
PORT = 8080


def secrets(recorder: str, database: str) -> dict[str, str]:
    """The values of the platform's secrets, by key."""
    return {"recorder": recorder, "hook": f"{recorder}/hook", "lite": database, "hard": "s$(HOME)$$ {{workflow.name}} 'q' \"q\"\nünï"}


def records(text: str) -> list[dict]:
    """What was posted to a recorder."""
    bodies = [json.loads(line.partition("RECORD ")[2])["body"] for line in text.splitlines() if line.startswith("RECORD ")]
    return [json.loads(body) for body in bodies]


class Remote:
    """The namespace on the cluster, with a recorder in a pod. It is made anew, and removed at the end."""

    def __init__(self, cluster: Cluster, image: str) -> None:
        self.cluster = cluster
        self.remove()
        for manifest in account(cluster.namespace):
            cluster.create(manifest)
        cluster.create(recorder_pod(image))
        address = str(poll(120, "the recorder", self.address))
        self.secrets = secrets(f"http://{address}:{PORT}", "/tmp/lite.db")
        metadata = {"name": "conformance"}
        cluster.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": self.secrets})

    def address(self) -> str | None:
        log = self.cluster.log({"metadata": {"name": "recorder"}}, "recorder")
        return self.cluster.get("pod", "recorder")["status"].get("podIP") if "LISTENING" in log else None

    def records(self) -> list[dict]:
        return records(self.cluster.log({"metadata": {"name": "recorder"}}, "recorder"))

    def remove(self) -> None:
        self.cluster.kubectl("delete", "namespace", self.cluster.namespace, "--ignore-not-found")


class Local:
    """A recorder on this machine, for steps that are local processes."""

    def __init__(self, work: Path) -> None:
        self.log = work / "recorder.log"
        self.process = subprocess.Popen([sys.executable, RECORDER, "0"], stdout=self.log.open("w"), text=True)
        port = poll(30, "the recorder", lambda: re.match(r"LISTENING (\d+)", self.log.read_text()))[1]
        self.secrets = secrets(f"http://127.0.0.1:{port}", str(work / "lite.db"))

    def records(self) -> list[dict]:
        return records(self.log.read_text())

    def remove(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def account(namespace: str) -> list[dict]:
    """What Argo's executor needs to report."""
    rbac, name = "rbac.authorization.k8s.io", {"name": ACCOUNT}
    rules = [{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": name},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": name, "rules": rules},
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": name, "roleRef": {"apiGroup": rbac, "kind": "Role", **name}, "subjects": [subject]},
    ]


def recorder_pod(image: str) -> dict:
    command = ["python3", "-c", RECORDER.read_text(encoding="utf-8").replace("$", "$$"), str(PORT)]
    container = {"name": "recorder", "image": image, "imagePullPolicy": "IfNotPresent", "command": command}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "recorder"}, "spec": spec}
