"""Checks rendered DAG files with the real Airflow.

    check_dags.py [--plan PLAN.json]... [--manifests FILE]... [--pods FOLDER] DAGS...

DAGS are folders of DAG files, or files. For each file:
  1. it imports without an error, in a process of its own too, and holds a DAG;
  2. its serialized form is valid, can be read back, and is the same in two processes with different hash seeds;
  3. the pod of each KubernetesPodOperator, as the operator itself renders and builds it for several runs, is the
     pod of its `pod_template_dict`: nothing dropped, nothing changed, nothing added but what ADDED names;
  4. with `--plan` (the output of `etlc plan`): after what the kubelet does to a container, image, command, args and
     environment are what the plan says, for each run; so are edges, retries, timeouts, schedule and params;
  5. with `--manifests` too: the ConfigMaps of those files give each pod the step's files, byte for byte.

`--pods` writes the built pods as files, for a check by Kubernetes' own validation.

Traps: R1, R4, P1, G23
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

TEMPORARY_HOME = None
if "AIRFLOW_HOME" not in os.environ:
    TEMPORARY_HOME = tempfile.TemporaryDirectory(prefix="etlc-airflow-")
    os.environ["AIRFLOW_HOME"] = TEMPORARY_HOME.name
sys.dont_write_bytecode = True
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"

import yaml  # noqa: E402
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator  # noqa: E402
from airflow.sdk.definitions.mappedoperator import MappedOperator  # noqa: E402
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance  # noqa: E402
from kubernetes.client import ApiClient  # noqa: E402

import kubelet  # noqa: E402
from releases import DagBag, Serialization, build_pod, run_context  # noqa: E402

# What the operator adds to the pod of its template, as paths; `*` stands for one key or index.
ADDED = [
    "metadata.name",  # From the task's id, with a random end.
    "metadata.labels",
    *(
        f"metadata.labels.{label}"
        for label in ("dag_id", "task_id", "run_id", "try_number", "kubernetes_pod_operator", "airflow_version", "airflow_kpo_in_cluster")
    ),
    "metadata.annotations",
    "spec.containers.*.terminationMessagePolicy",
    # Empty ones, for what the operator's own arguments do not say.
    "spec.affinity",
    "spec.hostNetwork",
    "spec.imagePullSecrets",
    "spec.initContainers",
    "spec.nodeSelector",
    "spec.securityContext",
    "spec.tolerations",
    "spec.volumes",
    "spec.containers.*.args",
    "spec.containers.*.command",
    "spec.containers.*.env",
    "spec.containers.*.envFrom",
    "spec.containers.*.ports",
    "spec.containers.*.volumeMounts",
]

# A text that every layer between a DAG file and a process has an opinion on.
HOSTILE = "a$$b $(HOME) $(ETLC_RUN_ID) {{ run_id }} {% raw %} {# ' \" \\ \u00e9\n"

# Runs that differ in what a template may lean on. Two run ids differ only in characters that `run.id` replaces.
RUNS = [
    {"name": "scheduled", "run_id": "scheduled__2026-03-04T23:30:00+00:00", "logical_date": "2026-03-04T23:30:00Z", "attempt": 1},
    {"name": "no logical date", "run_id": "manual__2026-11-05T00:30:00.123456+00:00", "logical_date": None, "run_after": "2026-11-05T00:30:00.123456Z", "attempt": 3},
    {"name": "hostile params", "run_id": "scheduled__2026-03-04T23:30:00-00:00", "logical_date": "2026-03-04T23:30:00Z", "attempt": 2, "hostile": True},
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dags", nargs="+", type=Path, metavar="DAGS")
    parser.add_argument("--plan", action="append", default=[], type=Path)
    parser.add_argument("--manifests", action="append", default=[], type=Path)
    parser.add_argument("--pods", type=Path)
    parser.add_argument("--serialize", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()

    files = sorted(file for path in options.dags for file in (path.rglob("*.py") if path.is_dir() else [path]))
    faults: list[str] = []
    dags, serialized = load(files, faults)
    if options.serialize:  # The second process of check 2.
        options.serialize.write_text(json.dumps(serialized), encoding="utf-8")
        return 0
    again = load_in_another_process(files)
    for dag_id, text in serialized.items():
        if again.get(dag_id) != text:
            faults.append(f"{dag_id}: another process serializes it differently")

    plans = {plan["pipeline"]: plan for plan in map(read_json, options.plan)}
    configmaps = read_configmaps(options.manifests) if options.manifests else None
    faults += [f"{name}: a plan without a DAG" for name in plans if name not in dags]
    pods = compared = 0
    for dag in dags.values():
        plan = plans.get(dag.dag_id)
        built = check_pods(dag, plan, configmaps, faults)
        pods += len(built)
        if plan:
            compared += len(built)
            faults += check_dag(dag, plan)
        if options.pods:
            write_pods(options.pods, dag.dag_id, built)

    for fault in faults:
        print(f"FAIL {fault}")
    print(f"{len(files)} DAG files, {len(dags)} DAGs, {pods} pods built, {compared} compared with a plan")
    if not files:
        print("FAIL there is no DAG file to check")
    return 1 if faults or not files else 0


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


# ---- 1 and 2: import and serialization


def load(files: list[Path], faults: list[str]) -> tuple[dict, dict]:
    """Imports each file; returns its DAGs and their serialized forms by id."""
    dags, serialized = {}, {}
    for file in files:
        bag = DagBag(str(file), load_op_links=False)
        faults += [f"{file}: {text.strip()}" for text in bag.import_errors.values()]
        if not bag.dags and not bag.import_errors:
            faults.append(f"{file}: no DAG in the file")
        for dag_id, dag in bag.dags.items():
            if dag_id in dags:
                faults.append(f"{file}: a second DAG with the id {dag_id}")
            dags[dag_id] = dag
            try:
                serialized[dag_id] = round_trip(dag)
            except Exception as error:  # noqa: BLE001 - any failure is the finding.
                faults.append(f"{dag_id}: serialization: {error!r}")
    return dags, serialized


def round_trip(dag) -> str:
    data = Serialization.to_dict(dag)
    text = json.dumps(data, sort_keys=True)
    Serialization.validate_schema(data)
    back = Serialization.from_dict(json.loads(text))
    for ours, theirs in zip(sorted(dag.tasks, key=lambda t: t.task_id), sorted(back.tasks, key=lambda t: t.task_id), strict=True):
        for field in ("task_id", "task_type", "retries", "upstream_task_ids", "trigger_rule"):
            if getattr(ours, field) != getattr(theirs, field):
                raise ValueError(f"{ours.task_id}.{field} is {getattr(ours, field)!r}, and {getattr(theirs, field)!r} when read back")
    return text


def load_in_another_process(files: list[Path]) -> dict:
    env = {**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"}
    with tempfile.TemporaryDirectory(prefix="etlc-serialized-") as folder:
        output = Path(folder, "dags.json")
        command = [sys.executable, __file__, "--serialize", str(output), *map(str, files)]
        result = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode:
            raise SystemExit(f"the second process failed:\n{result.stdout}")
        return read_json(output)


# ---- 3: the operator's pod is the template's


def check_pods(dag, plan: dict | None, configmaps: dict | None, faults: list[str]) -> list[dict]:
    """Builds the pod of each task for each run; returns those of the first run."""
    operators = pod_tasks(dag)
    steps = steps_by_task(plan, operators, faults) if plan else {}
    first: list[dict] = []
    run_ids: dict[str, set[str]] = {}
    for run in RUNS:
        values = Values(dag, run, plan["timezone"] if plan else "UTC")
        for task in operators:
            where = f"{dag.dag_id}.{task.task_id} ({run['name']})"
            try:
                template, pod = build(one_of(task, steps.get(task.task_id)), run, values.params)
            except Exception as error:  # noqa: BLE001 - any failure is the finding.
                faults.append(f"{where}: the operator cannot build the pod: {error!r}")
                continue
            hands_over = getattr(task, "do_xcom_push", None) or getattr(task, "partial_kwargs", {}).get("do_xcom_push", False)
            faults += [f"{where}: {fault}" for fault in differences(template, pod, hands_over)]
            if run is RUNS[0]:
                first.append(pod)
            if step := steps.get(task.task_id):
                faults += [f"{where}: {fault}" for fault in check_container(step, pod, values)]
                if run is RUNS[0] and configmaps is not None:
                    faults += [f"{where}: {fault}" for fault in check_files(step, pod, configmaps)]
        run_ids[run["run_id"]] = values.run_ids
    faults += faults_of_run_ids(dag.dag_id, run_ids)
    return first


def pod_tasks(dag) -> list:
    """The tasks that are pods, also those that become as many as a list has items."""
    return [task for task in dag.tasks if isinstance(task, KubernetesPodOperator) or getattr(task, "operator_class", None) is KubernetesPodOperator]


def one_of(task, step: dict | None):
    """A task, or the one that a mapped task becomes for an item."""
    if not isinstance(task, MappedOperator):
        return task
    mentioned = [value["reference"] for value in step["runtime_values"]] if step else []
    return task.unmap({"params": {f"etlc.{name}": item_text(name) for name in mentioned if name in ITEMS or name.startswith("item.")}})


ITEMS = ("item", "foreach.index")


def item_text(name: str) -> str:
    return "7" if name == "foreach.index" else HOSTILE + name


def build(task, run: dict, params: dict) -> tuple[dict, dict]:
    """The rendered template of the operator and the pod that it would send to Kubernetes, both as plain JSON."""
    task, context = rendered(task, run, params)
    pod = build_pod(task, context)
    return task.pod_template_dict, ApiClient().sanitize_for_serialization(pod)


def rendered(task, run: dict, params: dict) -> tuple:
    """A task as it is when it is executed in a run, and the context of that."""
    instant = run["logical_date"]
    told = run_context(
        {
            "dag_id": task.dag_id,
            "run_id": run["run_id"],
            "logical_date": instant,
            "data_interval_start": instant,
            "data_interval_end": instant,
            "run_after": run.get("run_after", instant),
            "start_date": run.get("run_after", instant),
            "end_date": None,
            "run_type": run["run_id"].split("__")[0],
            "state": "running",
            "conf": params,
            "consumed_asset_events": [],
            "partition_key": None,
        },
        task.retries,
    )
    task = task.prepare_for_execution()
    instance = RuntimeTaskInstance.model_construct(
        id=uuid.UUID(int=1),
        task_id=task.task_id,
        dag_id=task.dag_id,
        run_id=run["run_id"],
        try_number=run["attempt"],
        dag_version_id=uuid.UUID(int=2),
        map_index=-1,
        task=task,
        max_tries=task.retries,
        start_date=told.dag_run.start_date,
    )
    instance._ti_context_from_server = told
    context = instance.get_template_context()
    task.render_template_fields(context)
    return task, context


def differences(template: object, pod: object, xcom: bool, path: tuple = ()) -> list[str]:
    """What the built pod lost, changed or added against the rendered template."""
    name = ".".join(map(str, path)) or "the pod"
    if template is None:
        return ["the operator has no pod_template_dict"]
    if isinstance(template, dict) and isinstance(pod, dict):
        found = []
        for key in template:
            found += differences(template[key], pod[key], xcom, (*path, key)) if key in pod else [f"{name}.{key} was dropped"]
        return found + [f"{name}.{key} was added: {pod[key]!r}" for key in pod if key not in template and not may_add((*path, key), pod[key])]
    if isinstance(template, list) and isinstance(pod, list):
        if xcom and is_xcom_path(path):  # What brings the values of a step out of its pod stands before or after its own.
            pod = [item for item in pod if item.get("name") not in ("xcom", "airflow-xcom-sidecar")]
        found = []
        for index, item in enumerate(template):
            found += differences(item, pod[index], xcom, (*path, index)) if index < len(pod) else [f"{name}.{index} was dropped"]
        extra = pod[len(template) :]
        if extra:
            found.append(f"{name} got more entries: {extra!r}")
        return found
    if template == pod and type(template) is type(pod):
        return []
    if path == ("metadata", "name") and isinstance(pod, str) and isinstance(template, str) and re.fullmatch(re.escape(template) + "-[a-z0-9]{8}", pod):
        return []
    return [f"{name} is {pod!r} instead of {template!r}"]


def may_add(path: tuple, value: object) -> bool:
    name = ".".join(map(str, path))
    starred = re.sub(r"\.\d+(?=\.)", ".*", name)
    if name.startswith("metadata.") or starred.endswith("terminationMessagePolicy"):
        return name in ADDED or starred in ADDED
    return starred in ADDED and value in ({}, [], False)


def is_xcom_path(path: tuple) -> bool:
    return path in (("spec", "containers"), ("spec", "volumes"), ("spec", "containers", 0, "volumeMounts"))


# ---- 4: what runs is what the plan says

# Where a pod finds the files of its step.
FILES = "/etlc/files"


class Values:
    """The value of each `{"ref": …}` of a plan in one run."""

    def __init__(self, dag, run: dict, timezone: str):
        instant = datetime.fromisoformat(run["logical_date"] or run["run_after"])
        self.pipeline = dag.dag_id
        self.params = params_of(dag, hostile=run.get("hostile", False))
        self.run_ids: set[str] = set()  # What the pods of this run say for `run.id`.
        self.known = {
            "run.timestamp": instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "run.date": instant.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d"),
            "run.attempt": str(run["attempt"]),
            "files": FILES,
            **{f"params.{name}": value if isinstance(value, str) else json.dumps(value) for name, value in self.params.items()},
        }
        cleaned = re.sub(r"[^A-Za-z0-9._-]", "-", run["run_id"])
        self.run_id = re.escape(cleaned) + ("" if cleaned == run["run_id"] else "[-._][0-9a-f]{4,16}")

    def pattern(self, text: list | str, step: dict) -> str:
        """A regular expression for a text of a step: all of it is fixed but the end of `run.id`."""
        made_of = {value["reference"]: value["text"] for value in step["runtime_values"] if value.get("text") is not None}
        out = ""
        for part in [{"text": text}] if isinstance(text, str) else text:
            if "text" in part:
                out += re.escape(part["text"])
            elif part["ref"] == "run.id":
                out += f"({self.run_id})"
            elif part["ref"] in made_of:
                out += self.pattern(made_of[part["ref"]], step)
            elif part["ref"] in ITEMS or part["ref"].startswith("item."):
                out += re.escape(item_text(part["ref"]))
            elif part["ref"] in self.known:
                out += re.escape(self.known[part["ref"]])
            else:
                out += "(?s:.*)"  # The path or the value of an output: the engine's business.
        return out

    def fault(self, what: str, text: list | str, step: dict, actual: str) -> str | None:
        """Says how an actual text differs from a text of the plan."""
        pattern = self.pattern(text, step)
        if match := re.fullmatch(pattern, actual):
            self.run_ids.update(match.groups())
            return None
        return f"{what} is {actual!r}, and by the plan {pattern!r}"


def params_of(dag, *, hostile: bool) -> dict:
    params = dict(dag.params.dump())
    if hostile:
        for name, param in dag.params.items():
            if isinstance(params[name], str) and set(param.schema) <= {"type", "title", "description"}:
                params[name] = HOSTILE
    return params


def check_container(step: dict, pod: dict, values: Values) -> list[str]:
    planned = step["container"]
    actual = kubelet.container(pod, "base")
    image = next(c for c in pod["spec"]["containers"] if c["name"] == "base").get("image", "")
    found = [values.fault("the image", planned["image"], step, image)]
    if actual["command"][1:3] == ["exec", "values"]:  # The runner's own words, before those of a step that hands over values.
        actual["command"] = actual["command"][actual["command"].index("--") + 1 :]
    for part in ("command", "args"):
        wanted = list(planned[part])
        if part == "command" and step.get("init") and wanted[:1] == [[{"text": "etlc"}]]:
            # The init container copied the program to where no image has one.
            wanted[0] = [{"text": "/etlc/bin/etlc"}]
        if len(wanted) != len(actual[part]):
            found.append(f"{part} has {len(actual[part])} words, and {len(wanted)} in the plan: {actual[part]!r}")
            continue
        found += [values.fault(f"{part}[{index}]", text, step, word) for index, (text, word) in enumerate(zip(wanted, actual[part], strict=True))]
    env = dict(planned["env"])
    env |= {value["env"]: value["text"] if value.get("text") is not None else [{"ref": value["reference"]}] for value in step["runtime_values"]}
    env |= {name: f"<{secret['name']}/{secret['key']}>" for name, secret in step["secrets"].items()}
    found += [values.fault(f"env {name}", text, step, actual["env"][name]) if name in actual["env"] else f"env {name} is missing" for name, text in env.items()]
    found += [f"env {name} is not in the plan" for name in actual["env"] if name not in env]
    return [fault for fault in found if fault]


def faults_of_run_ids(dag_id: str, seen: dict[str, set[str]]) -> list[str]:
    """`run.id` is one text in a run, and another one in another run."""
    found = [f"{dag_id}: several texts for the id of run {run}: {sorted(texts)}" for run, texts in seen.items() if len(texts) > 1]
    texts = [text for all_of_run in seen.values() for text in all_of_run]
    if len(set(texts)) != len(texts):
        found.append(f"{dag_id}: two runs have the same run.id: {sorted(texts)}")
    return found


def steps_by_task(plan: dict, operators: list, faults: list[str]) -> dict[str, dict]:
    """Which task is which step: `score[region=us]` may be `score_region_us`, or that with a short hash."""
    found: dict[str, dict] = {}
    tasks = {task.task_id for task in operators}
    for step in plan["steps"]:
        plain = squash(step["id"])
        names = sorted(t for t in tasks if t == step["id"]) or sorted(
            t for t in tasks if squash(t) == plain or re.fullmatch(re.escape(plain) + "[0-9a-f]{8}", squash(t))
        )
        if len(names) != 1 or names[0] in found:
            faults.append(f"{plan['pipeline']}: step {step['id']} is the tasks {names}")
        else:
            found[names[0]] = step
    faults += [f"{plan['pipeline']}: task {task} is no step of the plan" for task in sorted(tasks - set(found))]
    return found


def squash(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def check_dag(dag, plan: dict) -> list[str]:
    """Compares what belongs to the DAG and its tasks, not to their pods."""
    steps = steps_by_task(plan, pod_tasks(dag), [])
    task_of = {step["id"]: task for task, step in steps.items()}
    found = []

    def compare(where: str, what: str, actual: object, wanted: object) -> None:
        if actual != wanted:
            found.append(f"{where}: {what} is {actual!r}, and in the plan {wanted!r}")

    for task_id, step in steps.items():
        task, where = dag.get_task(task_id), f"{dag.dag_id}.{task_id}"
        compare(where, "what it runs after", steps_before(dag, task_id, set(steps)), {task_of.get(need["step"]) for need in step["needs"]})
        if not any(other.get("when") for other in plan["steps"]):  # Skipped steps ask for other rules.
            compare(where, "its rule", getattr(task.trigger_rule, "value", task.trigger_rule), step["run_if"])
        compare(where, "its number of retries", task.retries, step["retries"]["limit"])
        if task.retries:
            compare(where, "the delay of its retries", task.retry_delay, timedelta(seconds=step["retries"]["delay"]))
        compare(where, "its timeout", task.execution_timeout, timedelta(seconds=step["timeout"]) if step.get("timeout") else None)
    compare(dag.dag_id, "its timeout", dag.dagrun_timeout, timedelta(seconds=plan["timeout"]) if plan.get("timeout") else None)
    for name, param in plan["params"].items():
        compare(dag.dag_id, f"the default of {name}", dag.params.dump().get(name), param.get("default"))
    schedule = plan.get("schedule")
    if schedule and not schedule["suspended"]:
        timetable = Serialization.to_dict(dag)["dag"]["timetable"]["__var"]
        compare(dag.dag_id, "its schedule", timetable.get("expression"), schedule["cron"])
        compare(dag.dag_id, "the time zone of its schedule", timetable.get("timezone"), schedule["timezone"])
        compare(dag.dag_id, "catchup", dag.catchup, schedule["catchup"])
    return found


def steps_before(dag, task_id: str, steps: set[str]) -> set[str]:
    """The steps right before a task; tasks that are no step (conditions, barriers) are looked through."""
    if task_id.endswith(".done") and task_id.removesuffix(".done") in steps:
        return {task_id.removesuffix(".done")}
    found = set()
    for before in dag.get_task(task_id).upstream_task_ids:
        found |= {before} if before in steps else steps_before(dag, before, steps)
    return found


# ---- 5: the files of a step


def read_configmaps(files: list[Path]) -> dict[tuple[str, str], dict[str, bytes]]:
    """The ConfigMaps of manifests by namespace and name: their keys with the bytes."""
    found = {}
    for document in (d for file in files for d in yaml.safe_load_all(file.read_bytes()) if d and d["kind"] == "ConfigMap"):
        data = {key: text.encode() for key, text in document.get("data", {}).items()}
        data |= {key: base64.b64decode(text) for key, text in document.get("binaryData", {}).items()}
        found[document["metadata"].get("namespace"), document["metadata"]["name"]] = data
    return found


def check_files(step: dict, pod: dict, configmaps: dict) -> list[str]:
    """Mounts the pod's ConfigMaps as the kubelet does, and compares what lies in the step's folder with the plan."""
    wanted = {
        f"{FILES}/{file['path']}": (file["mode"], file["text"].encode() if "text" in file else base64.b64decode(file["base64"]))
        for file in step["files"]
    }
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    base = next(c for c in pod["spec"]["containers"] if c["name"] == "base")
    actual = {}
    for mount in base.get("volumeMounts", []):
        if mount["mountPath"] != FILES and not mount["mountPath"].startswith(FILES + "/"):
            continue
        volume = volumes[mount["name"]]
        projected = volume.get("projected", {})
        mode = (volume.get("configMap") or projected).get("defaultMode", 420)
        for source in [volume["configMap"]] if "configMap" in volume else [s["configMap"] for s in projected.get("sources", []) if "configMap" in s]:
            name = source["name"]
            data = configmaps.get((pod["metadata"]["namespace"], name))
            if data is None:
                return [f"the ConfigMap {name} is not in the manifests"]
            for item in source.get("items") or [{"key": key, "path": key} for key in data]:
                path = f"{mount['mountPath']}/{item['path']}"
                if "subPath" in mount:
                    if item["path"] != mount["subPath"]:
                        continue
                    path = mount["mountPath"]
                actual[path] = (item.get("mode", mode), data[item["key"]])
    return [
        f"the file {path} is {actual.get(path)!r}, and in the plan {wanted.get(path)!r}"
        for path in sorted({*wanted, *actual})
        if actual.get(path) != wanted.get(path)
    ]


def write_pods(folder: Path, dag_id: str, pods: list[dict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"---\n{json.dumps(pod)}\n" for pod in pods)
    if text:
        (folder / f"{dag_id}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
