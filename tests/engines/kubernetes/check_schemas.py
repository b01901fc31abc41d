"""Checks Kubernetes objects against the published schemas of one version, strictly.

    check_schemas.py FILE...

It is the second opinion beside `kube check`, which applies the API server's own code of a newer version: what a file
uses must exist in the oldest version that etlc supports. Kinds that are not Kubernetes' own have no schema here;
they are counted as left to `kube check`. Of a JobSet the pod templates are checked.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import kubernetes_validate
import yaml

VERSION = "1.34"
OWN_GROUPS = {"v1", "batch/v1"}


def main() -> int:
    faults, checked, left = [], Counter(), Counter()
    for file in sys.argv[1:]:
        for index, document in enumerate(yaml.safe_load_all(Path(file).read_bytes())):
            if document is None:
                continue
            kind = f"{document.get('apiVersion')} {document.get('kind')}"
            objects = [document] if document.get("apiVersion") in OWN_GROUPS else jobs_of(document)
            (checked if objects else left)[kind] += 1
            for item in objects:
                try:
                    kubernetes_validate.validate(item, VERSION, strict=True)
                except Exception as error:  # noqa: BLE001 - any failure is the finding.
                    faults.append(f"{file}, document {index} ({kind}): {str(error).strip().splitlines()[0]}")
    for fault in faults:
        print(f"FAIL {fault}")
    for kind, count in sorted(checked.items()):
        print(f"checked {count} of {kind} against the schemas of Kubernetes {VERSION}")
    for kind, count in sorted(left.items()):
        print(f"left to `kube check`: {count} of {kind}")
    return 0 if (checked or left) and not faults else 1


def jobs_of(document: dict) -> list[dict]:
    if document.get("kind") != "JobSet":
        return []
    return [
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": job["name"]}, "spec": job["template"]["spec"]}
        for job in document["spec"]["replicatedJobs"]
    ]


if __name__ == "__main__":
    sys.exit(main())
