"""Checks what a Docker daemon is told by rendered DAG files, by Airflow's own DockerOperator and docker-py.

    check_docker.py [--plan PLAN.json]... [--option NAME=VALUE]... DAGS...

DAGS are folders of DAG files, or files. Each task of a container is executed for several runs, against a stand-in for the daemon:
  1. it makes one container, starts it, and removes it as `--option on_finish=` says;
  2. with `--plan` (the output of `etlc plan`): its image, words, environment with secrets, labels, mounts with the bytes of files, resources and
     whether the image is pulled are what the plan says, and there is nothing else;
  3. no secret stands in the DAG file, nor in what Airflow keeps of a task.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import sys
from pathlib import Path

import check_dags  # Sets Airflow up.
from docker_daemon import Daemon

try:
    from airflow.providers.docker.operators.docker import DockerOperator
except ImportError as error:
    raise SystemExit(f"the provider docker is not installed: {error}") from error

UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
REMOVED = {"delete_pod": True, "delete_succeeded_pod": True, "keep_pod": False}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dags", nargs="+", type=Path, metavar="DAGS")
    parser.add_argument("--plan", action="append", default=[], type=Path)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    options = dict(option.split("=", 1) for option in given.option)

    files = sorted(file for path in given.dags for file in (path.rglob("*.py") if path.is_dir() else [path]))
    faults: list[str] = []
    daemon = Daemon()
    os.environ["DOCKER_HOST"] = daemon.url  # The operator reads it when a DAG file is imported.
    dags, _ = check_dags.load(files, faults)
    plans = {plan["pipeline"]: plan for plan in map(check_dags.read_json, given.plan)}
    faults += [f"{name}: a plan without a DAG" for name in plans if name not in dags]
    ran = compared = 0
    for dag in dags.values():
        plan = plans.get(dag.dag_id)
        tasks = [task for task in dag.tasks if isinstance(task, DockerOperator)]
        # Those that tell of failures are no steps of the plan.
        steps = check_dags.steps_by_task(plan, [task for task in tasks if not task.task_id.startswith("notify.")], faults) if plan else {}
        run_ids: dict[str, set[str]] = {}
        for run in check_dags.RUNS:
            values = check_dags.Values(dag, run, plan["timezone"] if plan else "UTC")
            for task in tasks:
                where = f"{dag.dag_id}.{task.task_id} ({run['name']})"
                step = steps.get(task.task_id)
                ran += 1
                compared += step is not None
                try:
                    found = check_task(task, step, run, values, daemon, options)
                except Exception as error:  # noqa: BLE001 - any failure is the finding.
                    found = [f"the operator cannot run it: {type(error).__name__}: {error}"]
                faults += [f"{where}: {fault}" for fault in found]
            run_ids[run["run_id"]] = values.run_ids
        faults += check_dags.faults_of_run_ids(dag.dag_id, run_ids)
        faults += [f"{dag.dag_id}: no task is a container"] if not tasks else []

    for fault in faults:
        print(f"FAIL {fault}")
    print(f"{len(files)} DAG files, {len(dags)} DAGs, {ran} containers asked for, {compared} compared with a plan")
    return 1 if faults or not files else 0


def check_task(task, step: dict | None, run: dict, values, daemon: Daemon, options: dict) -> list[str]:
    # The worker's own variables: those that the task asks for, with values that nobody else has.
    secrets = {name: hashlib.sha256(name.encode()).hexdigest() + " {{ 1 }}\n" for name in getattr(task, "secrets", [])}
    os.environ.update(secrets)
    daemon.forget()
    try:
        task, context = check_dags.rendered(task, run, values.params)
        kept = json.dumps({field: getattr(task, field) for field in task.template_fields}, default=str)
        task.execute(context)
    finally:
        for name in secrets:
            del os.environ[name]
    found = [f"the secret {name} is in what Airflow keeps of the task" for name, value in secrets.items() if value[:64] in kept]
    if len(daemon.created) != 1:
        return [*found, f"{len(daemon.created)} containers were made"]
    for what, wanted in {"started": 1, "removed": int(REMOVED[options.get("on_finish", "delete_pod")])}.items():
        if daemon.counts[what] != wanted:
            found.append(f"the container was {what} {daemon.counts[what]} times, and not {wanted}")
    if step:
        found += check_container(step, daemon, values, secrets, options)
    return found


def check_container(step: dict, daemon: Daemon, values, secrets: dict[str, str], options: dict) -> list[str]:
    planned, body = step["container"], daemon.created[0]
    host = body["HostConfig"]
    found: list[str | None] = []

    def compare(what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            found.append(f"{what} is {actual!r}, and by the plan {wanted!r}")

    found.append(values.fault("the image", planned["image"], step, body["Image"]))
    compare("whether the image is pulled", daemon.counts["pulled"], int(planned.get("pull_policy") == "Always"))
    # A daemon takes this for no entrypoint, also not that of the image.
    compare("the entrypoint", body.get("Entrypoint"), [""])
    words, wanted = body.get("Cmd") or [], [*planned["command"], *planned["args"]]
    if len(words) == len(wanted):
        found += [values.fault(f"word {at + 1}", text, step, word) for at, (text, word) in enumerate(zip(wanted, words, strict=True))]
    else:
        found.append(f"it has {len(words)} words, and {len(wanted)} in the plan: {words!r}")

    env = dict(planned["env"])
    env |= {value["env"]: value["text"] if value.get("text") is not None else [{"ref": value["reference"]}] for value in step["runtime_values"]}
    env |= {name: secrets.get(name, "nothing") for name in step["secrets"]}
    if step["files"]:
        env["ETLC_FILES"] = check_dags.FILES
    actual = dict(variable.split("=", 1) for variable in body.get("Env") or [])
    compare("the number of variables", len(body.get("Env") or []), len(actual))
    found += [values.fault(f"env {name}", text, step, actual[name]) if name in actual else f"env {name} is missing" for name, text in env.items()]
    found += [f"env {name} is not in the plan" for name in actual if name not in env]

    mounts = host.get("Mounts") or []
    compare("its mounts", [(mount["Target"], mount["Type"], mount["ReadOnly"]) for mount in mounts], [(check_dags.FILES, "bind", True)] if step["files"] else [])
    there = {}
    for source in (Path(mount["Source"]) for mount in mounts):
        there |= {str(file.relative_to(source)): (file.stat().st_mode & 0o111 > 0, file.read_bytes()) for file in source.rglob("*") if file.is_file()}
    planned_bytes = lambda file: file["text"].encode() if "text" in file else base64.b64decode(file["base64"])  # noqa: E731
    compare("its files, whether they are programs and what is in them", there, {file["path"]: (file["mode"] & 0o111 > 0, planned_bytes(file)) for file in step["files"]})

    resources = step["resources"]
    compare("its share of processors", host["CpuShares"], round(number(resources.get("cpu") or "1") * 1024))
    compare("its limit of memory", host.get("Memory") or 0, round(number(resources.get("memory") or "0")))
    gpus = [(request["Count"], request["Capabilities"]) for request in host.get("DeviceRequests") or []]
    compare("its GPUs", gpus, [(resources["gpu"], [["gpu"]])] if resources.get("gpu") else [])
    compare("its network", host.get("NetworkMode"), options.get("docker_network"))
    labels = body.get("Labels") or {}
    squashed = {name: check_dags.squash(labels.get(f"etlc.dev/{name}", "")) for name in ("pipeline", "step")}
    compare("the pipeline of its labels", squashed["pipeline"], check_dags.squash(values.pipeline))
    if not squashed["step"].startswith(check_dags.squash(step["id"])[:40]):
        found.append(f"the step of its labels is {labels.get('etlc.dev/step')!r}")
    compare("whether it is privileged", host.get("Privileged") or False, False)
    return [fault for fault in found if fault]


def number(quantity: str) -> float:
    unit = quantity.lstrip("0123456789.")
    return float(quantity.removesuffix(unit)) * UNITS.get(unit, 1)


if __name__ == "__main__":
    sys.exit(main())
