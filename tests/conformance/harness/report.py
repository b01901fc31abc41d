"""What is said of the outcomes: lines while the suite runs, a table at its end, and the page that is committed."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from harness.airflow import version as airflow_version
from harness.model import Case
from harness.tools import Cluster, must

PASSED, REFUSED, NEARLY, NOT_ASKED, DIFFERS = "ok", "refused", "nearly", "-", "DIFFERS"
Outcomes = dict[tuple[str, str], "Outcome"]


@dataclass
class Outcome:
    word: str
    notes: list[str] = field(default_factory=list)
    seconds: float = 0


def line(case: Case, engine: str, outcome: Outcome) -> str:
    first = f"{outcome.word:8} {case.name} on {engine} ({outcome.seconds:.0f} s)"
    return "\n".join([first, *(f"         {note}" for note in outcome.notes if outcome.word == DIFFERS)])


def rows(cases: list[Case], engines: list[str], outcomes: Outcomes) -> list[list[str]]:
    return [[case.name, *(outcomes[case.name, engine].word for engine in engines)] for case in cases]


def table(cases: list[Case], engines: list[str], outcomes: Outcomes) -> str:
    lines = [["case", *engines], *rows(cases, engines, outcomes)]
    widths = [max(len(row[column]) for row in lines) for column in range(len(engines) + 1)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in lines)


def page(cases: list[Case], engines: list[str], outcomes: Outcomes, versions: list[tuple[str, str]]) -> str:
    seconds = sum(outcome.seconds for outcome in outcomes.values())
    lines = [
        "<!-- Written by `tests/conformance/run.sh --record`. -->",
        "# Results",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. **ok**: what was seen is what the case expects. **refused**: the target refuses the pipeline, with the words that the",
        "case expects. **nearly**: the target says how it differs, with the words that the case expects. **-**: not asked, for the reason below.",
        f"All runs together took {seconds / 60:.0f} minutes of waiting.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {text} |" for name, text in versions),
        "",
        f"| case | shows | {' | '.join(engines)} |",
        f"|---|---|{'---|' * len(engines)}",
    ]
    for case, row in zip(cases, rows(cases, engines, outcomes), strict=True):
        lines.append(f"| [{row[0]}](cases/{row[0]}) | {case.expect['shows']} | {' | '.join(row[1:])} |")
    notes = [(case.name, engine, outcomes[case.name, engine]) for case in cases for engine in engines]
    reasons = dict.fromkeys(f"- {name}, {engine}: {outcome.notes[0]}" for name, engine, outcome in notes if outcome.word == NOT_ASKED)
    return "\n".join([*lines, *(["", *reasons] if reasons else []), ""])


def versions(etlc: Path, engines: list[str]) -> list[tuple[str, str]]:
    found = [("etlc", must([str(etlc), "--version"]).split()[-1])]
    if any(name.startswith("airflow") for name in engines):
        airflow, provider = airflow_version(Path(sys.executable)).split()
        found += [("Airflow", airflow), ("its provider cncf.kubernetes", provider)]
    found.append(("Python of Airflow and of local processes", platform.python_version()))
    if any(name != "airflow-local" for name in engines):
        found += of_cluster(Cluster("default"))
    return found


def of_cluster(cluster: Cluster) -> list[tuple[str, str]]:
    server = json.loads(cluster.kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    deployments = cluster.get("deployments", "--all-namespaces")["items"]
    images = {each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"] for each in deployments}
    controllers = {"Argo Workflows": "workflow-controller", "JobSet": "jobset-controller-manager"}
    return [("Kubernetes", server), *((name, images[key].rpartition(":")[2]) for name, key in controllers.items() if key in images)]
