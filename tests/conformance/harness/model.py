"""A case, and what was seen of its run: the same words for all engines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

SUCCEEDED = "succeeded"
FAILED = "failed"
SKIPPED = "skipped"
NOT_RUN = "not run"
# Argo's word for a step whose turn never came: because one before it was skipped, or because one failed.
OMITTED = "omitted"

KEYS = {"shows", "start", "run", "steps", "order", "same", "differ", "days", "told", "refused", "nearly", "without", "environment"}


class Fault(Exception):
    """An engine, a tool or a case is not as it has to be; the case cannot be judged."""


@dataclass
class StepSeen:
    """What was seen of one step; `prints` holds for each attempt that printed anything what it printed first, and when it ended."""

    state: str = NOT_RUN
    attempts: int = 0
    prints: list[dict] = field(default_factory=list)


@dataclass
class Seen:
    """What was seen of one run."""

    state: str
    steps: dict[str, StepSeen]
    told: list[dict] = field(default_factory=list)
    said: str = ""  # What the engine itself says of the run, for whoever looks for the cause of a difference.


@dataclass(frozen=True)
class Start:
    """How a run is started: `by` hand, or by the engine's own schedule; with an instant and params, where the engine has them."""

    by: str = "hand"
    instant: str | None = None
    params: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    name: str
    folder: Path
    expect: dict

    @property
    def start(self) -> Start:
        return Start(**self.expect.get("start", {}))

    def refusal(self, engine: str) -> str | None:
        return named(self.expect.get("refused", {}), engine)

    def nearly(self, engine: str) -> str | None:
        """How the target says that it differs, where it runs the case in another way."""
        return named(self.expect.get("nearly", {}), engine)

    def environment(self, engine: str) -> str | None:
        """The environment of the platform that the case is rendered for on an engine, if not the engine's own."""
        return named(self.expect.get("environment", {}), engine)

    def without(self, engine: str) -> str | None:
        """Why the case is not run on an engine that does not refuse it."""
        return named(self.expect.get("without", {}), engine)


def named(table: dict, engine: str) -> str | None:
    """What a table says of an engine, or of its family: `kubernetes` stands for `kubernetes-chain` and `kubernetes-jobset`."""
    return table.get(engine, table.get(engine.split("-")[0]))


def load(folder: Path) -> Case:
    expect = yaml.safe_load((folder / "expect.yaml").read_text(encoding="utf-8"))
    if unknown := set(expect) - KEYS:
        raise Fault(f"{folder.name}/expect.yaml: no such keys: {', '.join(sorted(unknown))}")
    return Case(folder.name, folder, expect)


def traces(log: str) -> list[dict]:
    """The attempts that a log tells of: a line `TRACE {...}` each when one begins, and when it ends."""
    found: list[dict] = []
    for line in log.splitlines():
        at = line.find("TRACE {")
        if at < 0:
            continue
        entry, _ = json.JSONDecoder().raw_decode(line, at + len("TRACE "))
        if entry["event"] == "begin":
            found.append(entry)
        elif found:
            found[-1]["ended"] = entry["time"]
    return found
