"""Compares what was seen of a run with what the case expects, and says each difference in one line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from harness.model import FAILED, NOT_RUN, OMITTED, SKIPPED, SUCCEEDED, Case, Seen, StepSeen

# What an engine may have seen where a case expects a state.
STATES = {
    SUCCEEDED: {SUCCEEDED},
    FAILED: {FAILED},
    SKIPPED: {SKIPPED, OMITTED},
    NOT_RUN: {NOT_RUN, OMITTED},
    # Ended from outside, or never begun.
    "stopped": {FAILED, SKIPPED, NOT_RUN, OMITTED},
}
STEP_KEYS = {"state", "attempts", "argv", "env", "unset", "files", "runs", "waits", "each"}


def differences(case: Case, seen: Seen) -> list[str]:
    expect = case.expect
    found = [] if seen.state == expect["run"] else [f"the run {seen.state}, expected: {expect['run']}"]
    for step, expected in expect["steps"].items():
        found += [f"{step}: {text}" for text in of_step(case, expected, seen.steps.get(step, StepSeen()))]
    if unexpected := set(seen.steps) - set(expect["steps"]):
        found.append(f"steps that the case does not name: {', '.join(sorted(unexpected))}")
    found += of_order(expect.get("order", []), seen)
    found += of_relations(expect, seen)
    if "told" in expect and not all_match(expect["told"], seen.told):
        found.append(f"told {seen.told}, expected: {expect['told']}")
    return found


def of_step(case: Case, expected: dict, seen: StepSeen) -> Iterator[str]:
    if unknown := set(expected) - STEP_KEYS:
        raise ValueError(f"{case.name}: no such keys of a step: {unknown}")
    state = expected.get("state", SUCCEEDED)
    if seen.state not in STATES[state]:
        yield f"{seen.state}, expected: {state}"
    each = expected.get("each")
    attempts = expected.get("attempts", (1 if each is None else len(each)) if state in (SUCCEEDED, FAILED) else None)
    if attempts is not None and seen.attempts != attempts:
        yield f"{seen.attempts} attempts, expected: {attempts}"
    if state in (SKIPPED, NOT_RUN) and seen.prints:
        yield "it ran, and should not have"
    if each is not None:
        yield from of_each(case, each, seen.prints)
    if not {"argv", "env", "unset", "files", "runs", "waits"} & set(expected):
        return
    if not seen.prints:
        yield "it printed no trace"
    for printed in seen.prints:
        yield from of_attempt(case, expected, printed)
    yield from of_waits(expected.get("waits", []), seen.prints)
    for number, (expected_run, printed) in enumerate(zip(expected.get("runs", []), seen.prints, strict=False), 1):
        yield from (f"attempt {number}: {text}" for text in of_attempt(case, expected_run, printed))


def of_each(case: Case, expected: list[dict], printed: list[dict]) -> Iterator[str]:
    """Attempts of a step that runs for each item: those that are expected, in any order, and no others."""
    left = list(printed)
    for number, attempt in enumerate(expected):
        found = next((each for each in left if not list(of_attempt(case, attempt, each))), None)
        if found is None:
            yield f"no attempt is like number {number} of `each`, {show(attempt)}; there are {show([each['argv'] for each in left])}"
        else:
            left.remove(found)


def of_waits(expected: list[float], printed: list[dict]) -> Iterator[str]:
    """At least so many seconds between one attempt's end and the next one's beginning."""
    for number, (least, before, after) in enumerate(zip(expected, printed, printed[1:], strict=False), 1):
        waited = after["time"] - before.get("ended", before["time"])
        if waited < least:
            yield f"{waited:.1f} s after attempt {number}, expected: {least}"


def of_attempt(case: Case, expected: dict, printed: dict) -> Iterator[str]:
    if "argv" in expected:
        yield from of_list(expected["argv"], printed["argv"])
    for name, value in expected.get("env", {}).items():
        if not matches(value, printed["env"].get(name)):
            yield f"env {name} is {show(printed['env'].get(name))}, expected: {show(value)}"
    for name in expected.get("unset", []):
        if name in printed["env"]:
            yield f"env {name} is set: {show(printed['env'][name])}"
    if "files" in expected:
        hashes = {Path(path).name: digest(case.folder / path) for path in expected["files"]}
        if printed["files"] != hashes:
            wrong = sorted(name for name in hashes | printed["files"] if hashes.get(name) != printed["files"].get(name))
            yield f"files that differ: {', '.join(wrong)}"


def of_list(expected: list, seen: list[str]) -> Iterator[str]:
    if len(expected) != len(seen):
        yield f"{len(seen)} arguments, expected: {len(expected)}"
    for index, (value, got) in enumerate(zip(expected, seen, strict=False)):
        if not matches(value, got):
            yield f"argument {index} is {show(got)}, expected: {show(value)}"


def matches(expected: object, seen: object) -> bool:
    if isinstance(expected, dict) and set(expected) == {"matches"}:
        return isinstance(seen, str) and re.fullmatch(expected["matches"], seen) is not None
    if isinstance(expected, dict):
        return isinstance(seen, dict) and all(matches(value, seen.get(key)) for key, value in expected.items())
    return expected == seen


def all_match(expected: list, seen: list) -> bool:
    return len(expected) == len(seen) and all(map(matches, expected, seen))


def of_order(pairs: list[list[str]], seen: Seen) -> Iterator[str]:
    for first, second in pairs:
        ended = max((each.get("ended", each["time"]) for each in prints(seen, first)), default=None)
        began = min((each["time"] for each in prints(seen, second)), default=None)
        if ended is None or began is None:
            yield f"{first} before {second}: one of them printed nothing"
        elif ended > began:
            yield f"{second} began {ended - began:.2f} s before {first} had ended"


def of_relations(expect: dict, seen: Seen) -> Iterator[str]:
    for paths in expect.get("same", []):
        values = {path: at(seen, path) for path in paths}
        if len(set(values.values())) != 1 or None in values.values():
            yield f"not the same: {values}"
    for paths in expect.get("differ", []):
        values = {path: at(seen, path) for path in paths}
        if len(set(values.values())) != len(paths) or None in values.values():
            yield f"not all different: {values}"
    for entry in expect.get("days", []):
        day, instant = at(seen, entry["day"]), at(seen, entry["of"])
        if instant is None or day != local_day(instant, entry["timezone"]):
            yield f"{day} is not the day of {instant} in {entry['timezone']}"


def local_day(instant: str, timezone: str) -> str:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d")


def at(seen: Seen, path: str) -> str | None:
    """A value by its path: `step argv 0`, or `step env NAME`; of the first attempt."""
    step, part, key = path.rsplit(" ", 2)
    printed = prints(seen, step)
    if not printed:
        return None
    if part == "argv":
        return dict(enumerate(printed[0]["argv"])).get(int(key))
    return printed[0]["env"].get(key)


def prints(seen: Seen, step: str) -> list[dict]:
    return seen.steps[step].prints if step in seen.steps else []


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def show(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"
