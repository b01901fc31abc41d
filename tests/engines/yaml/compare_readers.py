"""Checks that YAML files mean the same to every reader that meets them.

    compare_readers.py KUBE FILE...

Three readers take each file apart: kubectl's (the program KUBE, `kube read`), PyYAML (YAML 1.1) and ruamel.yaml
(YAML 1.2). Their results must be equal, document by document, down to the type of every scalar.

Traps: E1, E2, E3
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml
from ruamel.yaml import YAML


def main() -> int:
    kube, *files = sys.argv[1:]
    faults, documents = [], 0
    for file in files:
        try:
            readings = {"kubectl": by_kubectl(kube, file), "PyYAML": by_pyyaml(file), "ruamel.yaml": by_ruamel(file)}
        except ValueError as error:
            faults.append(f"{file}: {error}")
            continue
        first, *others = readings
        documents += len(readings[first])
        if not readings[first]:
            faults.append(f"{file}: no document")
        for other in others:
            faults += [f"{file}: {fault}" for fault in differences(first, readings[first], other, readings[other], "")]
    for fault in faults:
        print(f"FAIL {fault}")
    print(f"{len(files)} files, {documents} documents read by 3 readers")
    return 1 if faults or not documents else 0


def by_kubectl(kube: str, file: str) -> list:
    result = subprocess.run([kube, "read", file], capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        raise ValueError(f"kubectl's reader: {result.stderr.strip()}")
    # Lines end in \n alone: JSON keeps U+2028 and its like as they are.
    return [json.loads(line)["value"] for line in result.stdout.split("\n") if line]


def by_pyyaml(file: str) -> list:
    try:
        return [document for document in yaml.safe_load_all(Path(file).read_bytes()) if document is not None]
    except yaml.YAMLError as error:
        raise ValueError(f"PyYAML: {error}") from error


def by_ruamel(file: str) -> list:
    try:
        return [document for document in YAML(typ="safe", pure=True).load_all(Path(file).read_bytes()) if document is not None]
    except Exception as error:
        raise ValueError(f"ruamel.yaml: {error}") from error


def differences(left_name: str, left: object, right_name: str, right: object, path: str) -> list[str]:
    if type(left) is not type(right):
        return [f"{path or 'the file'} is {left!r} to {left_name} and {right!r} to {right_name}"]
    if isinstance(left, dict):
        if set(left) != set(right):
            return [f"{path}: the keys are {list(left)!r} to {left_name} and {list(right)!r} to {right_name}"]
        pairs = [(f"{path}.{key}", left[key], right[key]) for key in left]
    elif isinstance(left, list):
        if len(left) != len(right):
            return [f"{path}: {len(left)} entries to {left_name} and {len(right)} to {right_name}"]
        pairs = [(f"{path}[{index}]", *both) for index, both in enumerate(zip(left, right, strict=True))]
    else:
        return [] if left == right else [f"{path} is {left!r} to {left_name} and {right!r} to {right_name}"]
    return [fault for inner, a, b in pairs for fault in differences(left_name, a, right_name, b, inner)]


if __name__ == "__main__":
    sys.exit(main())
