"""Airflow: `airflow dags test`, with local processes, or with pods on the cluster."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

from harness.model import FAILED, NOT_RUN, SKIPPED, SUCCEEDED, Case, Fault, Seen, StepSeen, traces
from harness.tools import Cluster, find, must, step_of

STATES = {"success": SUCCEEDED, "failed": FAILED, "skipped": SKIPPED, "upstream_failed": NOT_RUN, None: NOT_RUN}
HERE = Path(__file__).resolve().parent


class Server:
    """A process that has Airflow in memory, with a home and a database of its own."""

    def __init__(self, python: Path, home: Path, dags: Path, env: dict[str, str]) -> None:
        home.mkdir(parents=True)
        self.home, self.database = home, home / "airflow.db"
        self.env = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.database}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(home),
            **env,
            "PATH": os.pathsep.join([env.get("PATH", ""), str(python.parent), os.environ["PATH"]]),
        }
        shutil.copy(migrated(python, home.parent / "airflow.db", self.env), self.database)
        words, errors = [python, "-P", HERE / "airflow_server.py"], (home / "stderr").open("w")
        self.process = subprocess.Popen(words, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)

    def test(self, dag: str, file: Path, case: Case, env: dict[str, str]) -> str:
        """What `airflow dags test` printed."""
        log = self.home / f"{dag}.log"
        words = ["dags", "test", dag, *([case.start.instant] if case.start.instant else []), "--dagfile-path", str(file)]
        if case.start.params:
            words += ["--conf", json.dumps(case.start.params)]
        print(json.dumps({"arguments": words, "log": str(log), "env": env}), file=self.process.stdin, flush=True)
        if not self.process.stdout.readline():
            raise Fault(f"Airflow ended: {(self.home / 'stderr').read_text()[-2000:]}")
        return log.read_text(errors="replace")

    def states(self, dag: str) -> tuple[str, list[tuple[str, str | None, int]]]:
        """What the database says: the exit code of `dags test` alone is not to be relied on."""
        with sqlite3.connect(self.database) as connection:
            runs = connection.execute("select state from dag_run where dag_id = ?", [dag]).fetchall()
            tasks = connection.execute("select task_id, state, try_number from task_instance where dag_id = ?", [dag]).fetchall()
        if len(runs) != 1:
            raise Fault(f"{len(runs)} runs of {dag} instead of one; {self.home}/{dag}.log says why")
        return runs[0][0], tasks

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(timeout=60)


def migrated(python: Path, database: Path, env: dict[str, str]) -> Path:
    """A database with Airflow's tables, which takes a while and is made once."""
    if not database.exists():
        connection = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}"}
        done = subprocess.run([python.parent / "airflow", "db", "migrate"], env=env | connection, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Fault(f"airflow db migrate failed: {done.stderr[-2000:]}")
    return database


class Airflow:
    target = "airflow"

    def __init__(self, python: Path, work: Path, out: Path, secrets: dict[str, str], etlc: Path) -> None:
        self.python, self.work, self.out, self.secrets, self.etlc = python, work, out, secrets, etlc
        self.servers: queue.Queue[Server] = queue.Queue()
        self.started: list[Server] = []

    def start(self, workers: int) -> None:
        dags = self.out / self.environment / "airflow" / "dags"
        for number in range(workers):
            server = Server(self.python, self.work / f"{self.name}-{number}", dags, self.variables())
            self.started.append(server)
            self.servers.put(server)

    def variables(self) -> dict[str, str]:
        raise NotImplementedError

    def close(self) -> None:
        for server in self.started:
            server.close()

    def test(self, case: Case, plan: dict, rendered: Path) -> tuple[Seen, str]:
        server = self.servers.get()
        try:
            log = server.test(case.name, rendered / "dags" / f"{case.name}.py", case, self.worker_secrets(plan))
            run, tasks = server.states(case.name)
        finally:
            self.servers.put(server)
        ids = [step["id"] for step in plan["steps"]]
        steps = {step: StepSeen() for step in ids}
        several: dict[str, list[str | None]] = {}
        ends: dict[str, str | None] = {}
        for task, state, tries in tasks:
            # A step that runs for each item of a list is several tasks, and one that ends when they have.
            if task.endswith(".done") and (step := find(ids, task.removesuffix(".done"))) is not None:
                ends[step] = state
            if (step := find(ids, task)) is not None:
                several.setdefault(step, []).append(state)
                steps[step].state = STATES.get(state, f"in state {state}")
                steps[step].attempts += tries if state in ("success", "failed") else 0
        for step, end in ends.items():
            failed = "failed" in several[step]
            steps[step].state = FAILED if failed else STATES.get(end, f"in state {end}")
        return Seen({"success": SUCCEEDED}.get(run, run), steps), log

    def worker_secrets(self, plan: dict) -> dict[str, str]:
        """The worker's own variables that the secrets of local processes are taken from."""
        names = [(name, secret["key"]) for step in plan["steps"] for name, secret in step.get("secrets", {}).items()]
        names += [(f"ETLC_CHANNEL_{each['channel'].upper()}", each["secret"]["key"]) for each in plan["on_failure"]]
        return {name: self.secrets[key] for name, key in names}


class AirflowLocal(Airflow):
    name = "airflow-local"
    environment = "local"
    workers = 1

    def variables(self) -> dict[str, str]:
        """A folder in which the program that is tried is called `etlc`, whatever its file is called."""
        folder = self.work / "bin"
        folder.mkdir(exist_ok=True)
        link = folder / "etlc"
        if not link.is_symlink():
            link.symlink_to(self.etlc)
        return {"PATH": str(folder)}

    def run(self, case: Case, plan: dict, rendered: Path) -> Seen:
        seen, log = self.test(case, plan, rendered)
        # One task runs after another, and all print into one log.
        for part in re.split(r"\[DAG TEST\] starting task_id=", log)[1:]:
            step = find(list(seen.steps), part.split(maxsplit=1)[0])
            if step is not None:
                seen.steps[step].prints += traces(part)
        return seen


class AirflowPods(Airflow):
    name = "airflow-pods"
    environment = "pods"
    workers = 3

    def __init__(self, *arguments: object, cluster: Cluster, image: str) -> None:
        super().__init__(*arguments)
        self.cluster, self.image = cluster, image

    def variables(self) -> dict[str, str]:
        extra = {"kube_config_path": os.environ["KUBECONFIG"], "in_cluster": False, "xcom_sidecar_container_image": self.image}
        return {"AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps({"conn_type": "kubernetes", "extra": extra})}

    def run(self, case: Case, plan: dict, rendered: Path) -> Seen:
        if (manifest := rendered / "manifests" / f"{case.name}.yaml").exists():
            self.cluster.apply(manifest)
        seen, _ = self.test(case, plan, rendered)
        for pod in self.cluster.pods(f"dag_id={case.name}"):
            if (step := step_of(pod["metadata"])) in seen.steps:
                seen.steps[step].prints += traces(self.cluster.log(pod, "base"))
        return seen


def version(python: Path) -> str:
    packages = ("apache-airflow", "apache-airflow-providers-cncf-kubernetes")
    return must([str(python), "-c", f"from importlib.metadata import version; print(*map(version, {packages}))"])
