"""Whether any text arrives unchanged, through the real readers of each target.

    compare_texts.py ETLC ENGINES_FOLDER [--seed N] [--pipelines N] [--steps N]

Random pipelines have random texts, made of what some layer reads as its own and of characters of all planes, in every place that reaches a
container: command, arguments, variables and files; defaults of params; params and values of a run. They are rendered and read by

  airflow          Airflow's own Jinja and KubernetesPodOperator
  airflow, local   Airflow's own BashOperator, which runs a real bash and a real process
  airflow, docker  Airflow's own DockerOperator and docker-py, which tell it to a stand-in for a daemon
  argo             Argo's own strict lint, and its own functions that replace `{{…}}`, as often as its controller calls them
  kubernetes       kubectl's reader of YAML (and PyYAML and ruamel.yaml, which must agree with it)

and what the kubelet does to a container's texts is done by the kubelet's own function. What comes out must be the texts.

Traps: G1, G2, G3
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "airflow")]

import kubelet  # noqa: E402
from texts import Texts, given, make, write  # noqa: E402

PLATFORM = """version: 1
platform: texts
runner: {image: "texts:1", mode: init}
targets: {kubernetes: {dag: jobset, params: freeze}}
environments:
  pods: {}
  local: {targets: {airflow: {executor: local}}}
  docker: {targets: {airflow: {executor: docker}}}
"""
WORKSPACE = 'version: 1\nworkspace: texts\nplatform: platform\npipelines: ["*/pipeline.yaml"]\nlints: {missing-description: off, no-timeout: off, redundant-after: off}\n'
# Prints what reached it.
PRINTER = "import json, os, sys\njson.dump({'argv': [os.fsencode(a).hex() for a in sys.argv[1:]], 'env': {k: os.fsencode(v).hex() for k, v in os.environ.items()}}, open(os.environ['T_OUT'], 'w'))\n"

faults: list[str] = []
compared = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("etlc", type=Path)
    parser.add_argument("engines", type=Path)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--pipelines", type=int, default=6)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--keep", type=Path, help="the folder to work in, which stays")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="etlc-texts-") as folder:
        work = options.keep or Path(folder)
        # Manifests take fewer characters than Airflow does.
        compare(work / "manifests", options, random.Random(options.seed), lost=False)
        compare(work / "all", options, random.Random(options.seed + 1), lost=True)
    for fault in faults[:20]:
        print(f"FAIL {fault}")
    if len(faults) > 20:
        print(f"FAIL and {len(faults) - 20} more")
    print(f"{compared} texts and files compared, {len(faults)} faults")
    return 1 if faults or not compared else 0


def compare(root: Path, options: argparse.Namespace, of: random.Random, *, lost: bool) -> None:
    printer = root / "print.py"
    pipelines = {f"t{n}": make(of, options.steps, lost) for n in range(options.pipelines)}
    for name, texts in pipelines.items():
        write(texts, name, root / name, printer)
    (root / "platform").mkdir()
    for path, text in {"etlc.yaml": WORKSPACE, "platform/platform.yaml": PLATFORM, "print.py": PRINTER}.items():
        (root / path).write_text(text, encoding="utf-8")
    # Runs are given other texts than the defaults; Kubernetes has the defaults alone.
    runs = {name: {param: given(of, lost) for param in texts.defaults} for name, texts in pipelines.items()}
    airflow(root, options, pipelines, runs)
    if not lost:
        argo(root, options, pipelines, runs)
    without_values(root, pipelines)
    if not lost:
        kubernetes(root, options, pipelines)
    docker(root, options, pipelines, runs)


def render(root: Path, etlc: Path, environment: str, target: str) -> Path:
    command = [etlc.resolve(), "render", "--env", environment, "--target", target, "--out", root / "out", "--max-faults", "3"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        raise SystemExit(f"etlc render --env {environment} --target {target}:\n{result.stderr[-4000:]}{result.stdout[-4000:]}")
    return root / "out" / environment / target


def expect(where: str, wanted: object, actual: object) -> None:
    global compared
    compared += 1
    if wanted != actual:
        faults.append(f"{where}: {actual!r} instead of {wanted!r}")


def check_step(where: str, texts: Texts, step: str, params: dict[str, str], words: list[str], env: dict[str, str]) -> None:
    """Compares the words after the program's, and the variables."""
    of = texts.steps[step]
    wanted = [*of.command, *(texts.wanted(arg, params) for arg in of.args)]
    expect(f"{where} {step}: how many words", len(wanted), len(words))
    for n, (right, word) in enumerate(zip(wanted, words, strict=False)):
        expect(f"{where} {step} word {n}", right, word)
    for name, value in of.env.items():
        expect(f"{where} {step} env {name}", texts.wanted(value, params), env.get(name))


def check_pod(where: str, texts: Texts, step: str, params: dict[str, str], pod: dict, expansions: list) -> None:
    """What the container of a pod is given, after the kubelet."""
    container = next(c for c in pod["spec"]["containers"] if "ETLC_FILES" in json.dumps(c))
    seen = kubelet.container(pod, container["name"], expansions)
    check_step(where, texts, step, params, [*seen["command"], *seen["args"]][2:], seen["env"])


def check_files(where: str, texts: Texts, documents: list[dict], step: str, pod: dict) -> None:
    maps = {document["metadata"]["name"]: document for document in documents if document["kind"] == "ConfigMap"}
    found = {}
    for volume in pod["spec"]["volumes"]:
        for source in [volume["configMap"]] if "configMap" in volume else [s["configMap"] for s in volume.get("projected", {}).get("sources", [])]:
            object_ = maps[source["name"]]
            data = {key: value.encode() for key, value in object_.get("data", {}).items()}
            data |= {key: base64.b64decode(value) for key, value in object_.get("binaryData", {}).items()}
            for item in source.get("items") or [{"key": key, "path": key} for key in data]:
                found[item["path"]] = data[item["key"]]
    expect(f"{where} {step}: files", texts.steps[step].files, found)


def read(kube: Path, file: Path) -> list[dict]:
    result = subprocess.run([kube, "read", file], capture_output=True, check=True)
    return [json.loads(line)["value"] for line in result.stdout.decode().split("\n") if line]


def check_expansions(kube: Path, expansions: list) -> None:
    """The port of the kubelet's function has done what the function itself does."""
    lines = "".join(json.dumps({"env": env, "text": text}) + "\n" for env, text, _ in expansions)
    result = subprocess.run([kube, "expand"], input=lines.encode(), capture_output=True, check=True)
    for (_, text, ours), line in zip(expansions, result.stdout.decode().split("\n"), strict=False):
        expect(f"the expansion of {text!r}", json.loads(line), ours)


def readers(options: argparse.Namespace, files: list[Path]) -> None:
    command = [sys.executable, HERE.parent / "yaml/compare_readers.py", options.engines / "bin/kube", *files]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    expect("the readers of YAML", 0, result.returncode) if result.returncode == 0 else faults.append(result.stdout[:2000] + result.stderr[-2000:])


def argo(root: Path, options: argparse.Namespace, pipelines: dict[str, Texts], runs: dict) -> None:
    folder = render(root, options.etlc, "pods", "argo")
    files = [folder / f"{name}.yaml" for name in pipelines]
    readers(options, files)
    linter = options.engines / "bin/argolint"
    result = subprocess.run([linter, *files], capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        faults.append(f"Argo's lint: {result.stdout[-2000:]}{result.stderr[-2000:]}")
    expansions: list = []
    for name, texts in pipelines.items():
        documents = read(options.engines / "bin/kube", folder / f"{name}.yaml")
        for what, params in {"given": runs[name], "by default": texts.defaults}.items():
            run = {"parameters": params if what == "given" else {}, "outputs": {"giver": texts.values}, "created": "2026-03-04T05:06:07Z"}
            (root / "run.json").write_text(json.dumps(run), encoding="utf-8")
            result = subprocess.run([linter, "pods", root / "run.json", folder / f"{name}.yaml"], capture_output=True, check=False)
            if result.returncode:
                faults.append(f"argo {name}, {what}: {result.stderr.decode()[-2000:]}; given {params!r}; values {texts.values!r}")
                continue
            pods = {(line := json.loads(each))["task"]: line["pod"] for each in result.stdout.decode().split("\n") if each}
            for step in texts.steps:
                check_pod(f"argo {name}, {what}", texts, step, params, pods[step], expansions)
                check_files(f"argo {name}", texts, documents, step, pods[step])
    check_expansions(options.engines / "bin/kube", expansions)


def without_values(root: Path, pipelines: dict[str, Texts]) -> None:
    """Replaces each value by a param, for targets that have no values."""
    for name, texts in pipelines.items():
        file = root / name / "pipeline.yaml"
        text = file.read_text(encoding="utf-8")
        text = text.replace("    outputs:\n" + "".join(f"      {value}: {{value: text}}\n" for value in texts.values), "")
        for value in texts.values:
            text = text.replace(f"steps.giver.outputs.{value}", "params.p0")
        file.write_text(text, encoding="utf-8")
        texts.values = dict.fromkeys(texts.values, texts.defaults["p0"])


def kubernetes(root: Path, options: argparse.Namespace, pipelines: dict[str, Texts]) -> None:
    folder = render(root, options.etlc, "pods", "kubernetes")
    files = [folder / f"{name}.yaml" for name in pipelines]
    readers(options, files)
    expansions: list = []
    for name, texts in pipelines.items():
        documents = read(options.engines / "bin/kube", folder / f"{name}.yaml")
        jobs = next(document for document in documents if document["kind"] == "JobSet")["spec"]["replicatedJobs"]
        for job in jobs:
            if job["name"] in texts.steps:
                pod = job["template"]["spec"]["template"]
                check_pod(f"kubernetes {name}", texts, job["name"], texts.defaults, pod, expansions)
                check_files(f"kubernetes {name}", texts, documents, job["name"], pod)
    check_expansions(options.engines / "bin/kube", expansions)


def ask(root: Path, ways: dict[str, Path], pipelines: dict[str, Texts], runs: dict) -> list[dict]:
    """What Airflow makes of tasks. It is asked in a process of its own, for all pipelines together."""
    order = {
        # The defaults first: Airflow keeps in a DAG what a run was given, since each task has a process of its own.
        "runs": {name: [{}, runs[name]] for name in pipelines},
        "values": {name: texts.values for name, texts in pipelines.items()},
        "work": str(root),
    }
    order |= {way: str(folder / "dags") for way, folder in ways.items()}
    (root / "order.json").write_text(json.dumps(order), encoding="utf-8")
    result = subprocess.run([sys.executable, HERE / "airflow_tasks.py", root / "order.json", root / "seen.json"], capture_output=True, text=True, check=False)
    if result.returncode:
        faults.append(f"airflow: {result.stdout[-3000:]}{result.stderr[-3000:]}")
        return []
    seen = [json.loads(line) for line in (root / "seen.json").read_text(encoding="utf-8").split("\n") if line]
    seen = [each for each in seen if each["task"] in pipelines[each["dag"]].steps]
    faults.extend(f"airflow {each['dag']}, run {each['run']} {each['task']}: {each['fault']}" for each in seen if "fault" in each)
    return [each for each in seen if "fault" not in each]


def airflow(root: Path, options: argparse.Namespace, pipelines: dict[str, Texts], runs: dict) -> None:
    ways = {"pods": render(root, options.etlc, "pods", "airflow"), "local": render(root, options.etlc, "local", "airflow")}
    expansions: list = []
    for seen in ask(root, ways, pipelines, runs):
        texts = pipelines[seen["dag"]]
        params = runs[seen["dag"]] if seen["run"] else texts.defaults
        where = f"airflow {seen['dag']}, run {seen['run']}"
        if "pod" in seen:
            check_pod(where, texts, seen["task"], params, seen["pod"], expansions)
        else:
            decoded = lambda text: bytes.fromhex(text).decode(errors="surrogateescape")  # noqa: E731
            env = {name: decoded(value) for name, value in seen["env"].items()}
            check_step(where + " (local)", texts, seen["task"], params, [decoded(word) for word in seen["argv"]], env)
    check_expansions(options.engines / "bin/kube", expansions)


def docker(root: Path, options: argparse.Namespace, pipelines: dict[str, Texts], runs: dict) -> None:
    folder = render(root, options.etlc, "docker", "airflow")
    for seen in ask(root, {"docker": folder}, pipelines, runs):
        # A value has become the first param.
        texts = pipelines[seen["dag"]]
        params = runs[seen["dag"]] if seen["run"] else texts.defaults
        texts.values = dict.fromkeys(texts.values, params["p0"])
        where, body = f"airflow {seen['dag']}, run {seen['run']} (docker)", seen["container"]
        env = dict(variable.split("=", 1) for variable in body["Env"])
        check_step(where, texts, seen["task"], params, body["Cmd"][2:], env)
        expect(f"{where} {seen['task']}: entrypoint", [""], body["Entrypoint"])
        found = {}
        for mount in body["HostConfig"].get("Mounts", []):
            source = Path(mount["Source"])
            expect(f"{where} {seen['task']}: mount", ("/etlc/files", "bind", True), (mount["Target"], mount["Type"], mount["ReadOnly"]))
            found = {str(file.relative_to(source)): file.read_bytes() for file in source.rglob("*") if file.is_file()}
        expect(f"{where} {seen['task']}: files", texts.steps[seen["task"]].files, found)


if __name__ == "__main__":
    sys.exit(main())
