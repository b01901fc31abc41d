"""Runs the cases through the real engines, and compares what was seen with what each case expects.

    run.py --etlc PROGRAM [--engine NAME]... [--case PATTERN]... [--record]

Engines: airflow-local, airflow-pods, argo, kubernetes (which is kubernetes-chain and kubernetes-jobset). All but the first need a cluster with
Argo Workflows and JobSet, which KUBECONFIG names. Run it with the Python of `tests/engines/setup.sh`. Ends with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import airflow, report  # noqa: E402
from harness.argo import Argo  # noqa: E402
from harness.compare import differences  # noqa: E402
from harness.kubernetes import Kubernetes  # noqa: E402
from harness.model import Case, Fault, load  # noqa: E402
from harness.namespace import Local, Remote  # noqa: E402
from harness.report import DIFFERS, NEARLY, NOT_ASKED, PASSED, REFUSED, Outcome  # noqa: E402
from harness.tools import Cluster  # noqa: E402
from harness.workspace import IMAGE, NAMESPACE, Rendered, Workspace  # noqa: E402

ENGINES = ["airflow-local", "airflow-pods", "argo", "kubernetes-chain", "kubernetes-jobset"]
FAMILIES = {"kubernetes": ["kubernetes-chain", "kubernetes-jobset"], "airflow": ["airflow-local", "airflow-pods"]}
Engine = airflow.AirflowLocal | airflow.AirflowPods | Argo | Kubernetes


def main() -> int:
    options = arguments()
    names = [name for given in options.engine or ENGINES for name in FAMILIES.get(given, [given])]
    folders = sorted(file.parent for file in HERE.glob("cases/*/expect.yaml"))
    cases = [load(folder) for folder in folders if any(fnmatch.fnmatch(folder.name, each) for each in options.case or "*")]
    work = Path(tempfile.mkdtemp(prefix="etlc-conformance-"))
    try:
        outcomes = Suite(options, names, work).run(cases)
    finally:
        if options.keep:
            print(f"everything is in {work}")
        else:
            shutil.rmtree(work)
    print(report.table(cases, names, outcomes))
    if options.record:
        (HERE / "RESULTS.md").write_text(report.page(cases, names, outcomes, report.versions(options.etlc, names)), encoding="utf-8")
    return int(any(outcome.word == DIFFERS for outcome in outcomes.values()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--etlc", type=lambda path: Path(path).resolve(), required=True, help="the program that is tried")
    parser.add_argument("--engine", action="append", choices=[*ENGINES, *FAMILIES], help="may be given several times; all if not given")
    parser.add_argument("--case", action="append", metavar="PATTERN", help="only the cases whose name is like this; may be given several times")
    parser.add_argument("--image", default=IMAGE, help=f"what steps run in: Python, sqlite3, curl and etlc; {IMAGE} if not given")
    parser.add_argument("--namespace", default=NAMESPACE, help=f"is made anew, and removed at the end; {NAMESPACE} if not given")
    parser.add_argument("--record", action="store_true", help="write RESULTS.md")
    parser.add_argument("--keep", action="store_true", help="keep the namespace, and the folder with what was rendered and the logs of Airflow")
    return parser.parse_args()


class Suite:
    """One run of the suite: the workspace, and the engines that were asked for."""

    def __init__(self, options: argparse.Namespace, names: list[str], work: Path) -> None:
        self.options, self.names, self.work = options, names, work
        self.workspace = Workspace(work, options.etlc, options.image, options.namespace)
        self.lock = threading.Lock()
        self.local: Local | None = None
        self.remote: Remote | None = None

    def run(self, cases: list[Case]) -> dict[tuple[str, str], Outcome]:
        engines: list[Engine] = []
        try:
            engines += [self.engine(name) for name in self.names]
            outcomes = self.judge_all(engines, cases)
        finally:
            for engine in engines:
                if isinstance(engine, airflow.Airflow):
                    engine.close()
            if self.local:
                self.local.remove()
            if self.remote and not self.options.keep:
                self.remote.remove()
        return outcomes

    def engine(self, name: str) -> Engine:
        python = Path(sys.executable)
        if name == "airflow-local":
            self.local = Local(self.work)
            return airflow.AirflowLocal(python, self.work, self.workspace.out, self.local.secrets, self.options.etlc)
        if not os.environ.get("KUBECONFIG"):
            raise SystemExit(f"{name} needs a cluster: KUBECONFIG is not set, see cluster/README.md")
        cluster = Cluster(self.options.namespace)
        self.remote = self.remote or Remote(cluster, self.options.image)
        if name == "airflow-pods":
            common = (python, self.work, self.workspace.out, self.remote.secrets, self.options.etlc)
            return airflow.AirflowPods(*common, cluster=cluster, image=self.options.image)
        return Argo(cluster) if name == "argo" else Kubernetes(cluster, name.removeprefix("kubernetes-"))

    def judge_all(self, engines: list[Engine], cases: list[Case]) -> dict[tuple[str, str], Outcome]:
        futures: dict[tuple[str, str], Future[Outcome]] = {}
        pools = []
        for engine in engines:
            # All is rendered before the first run: Airflow reads the whole folder of DAGs.
            rendered = {case.name: self.workspace.render(case.name, engine.target, environment(case, engine)) for case in cases}
            pool = ThreadPoolExecutor(engine.workers)
            pools.append(pool)
            if isinstance(engine, airflow.Airflow):
                engine.start(min(engine.workers, len(cases)))
            for case in cases:
                futures[case.name, engine.name] = pool.submit(self.timed, engine, case, rendered[case.name])
        outcomes = {key: future.result() for key, future in futures.items()}
        for pool in pools:
            pool.shutdown()
        return outcomes

    def timed(self, engine: Engine, case: Case, rendered: Rendered) -> Outcome:
        began = time.monotonic()
        try:
            outcome = self.judge(engine, case, rendered)
        except Fault as fault:
            outcome = Outcome(DIFFERS, [str(fault)])
        except Exception:
            outcome = Outcome(DIFFERS, [traceback.format_exc()])
        outcome.seconds = time.monotonic() - began
        with self.lock:
            print(report.line(case, engine.name, outcome), flush=True)
        return outcome

    def judge(self, engine: Engine, case: Case, rendered: Rendered) -> Outcome:
        if reason := case.without(engine.name):
            return Outcome(NOT_ASKED, [reason])
        for word, text in ((REFUSED, case.refusal(engine.name)), (NEARLY, case.nearly(engine.name))):
            if text:
                if rendered.refused == (word == REFUSED) and " ".join(text.split()) in rendered.said:
                    return Outcome(word, [text])
                return Outcome(DIFFERS, [f"not {word}, or with other words than `{text}`: {rendered.said}"])
        if rendered.refused:
            return Outcome(DIFFERS, [f"refused: {rendered.said}"])
        seen = engine.run(case, self.workspace.plan(case.name, environment(case, engine)), rendered.folder)
        if "told" in case.expect:
            seen.told = self.told(engine, case, {text for step in seen.steps.values() for each in step.prints for text in each["argv"]})
        found = differences(case, seen)
        if found and seen.said:
            found.append(f"the engine says: {seen.said}")
        return Outcome(DIFFERS if found else PASSED, found)

    def told(self, engine: Engine, case: Case, runs: set[str]) -> list[dict]:
        """What was posted of this run: its steps print the id of the run as an argument."""
        recorder = self.local if engine.name == "airflow-local" else self.remote
        return [each for each in recorder.records() if each.get("pipeline") == case.name and each.get("run") in runs]


def environment(case: Case, engine: Engine) -> str:
    return case.environment(engine.name) or engine.environment


if __name__ == "__main__":
    sys.exit(main())
