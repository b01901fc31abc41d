"""Whether a schedule fires at the same instants on every target, and at those that its author means.

    compare_schedules.py ETLC ENGINES_FOLDER [--seed N] [--pipelines N]

Random schedules, written in every way that a spec may write them (names, lists, ranges, steps, `@daily`) in zones all over the world, are rendered for
each target. What was rendered is then asked when it fires: Airflow's own timetable; robfig/cron, which Argo and Kubernetes use, each with the prefix
for the zone that the engine puts in front. The author's own text is read here by itself, minute by minute.

All must agree from random instants of 2026 and 2027 on, and at each change of clocks of those years unless etlc warned of it (`dst-transition`);
and where etlc warned, they must differ.

Traps: G7, G10
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "airflow"))

import check_dags  # noqa: E402 - sets Airflow up.
import pendulum  # noqa: E402
import yaml  # noqa: E402
from airflow.timetables.base import DataInterval, TimeRestriction  # noqa: E402

ZONES = [
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "Asia/Tokyo", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Honolulu", "Africa/Cairo",
    "Africa/Nairobi", "America/Havana", "Asia/Beirut",
]
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
MACROS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
# First and last value, and names.
FIELDS = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, MONTHS), (0, 6, DAYS)]
YEARS = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
PLATFORM = "version: 1\nplatform: schedules\ntargets: {kubernetes: {dag: refuse}}\n"
WORKSPACE = 'version: 1\nworkspace: schedules\nplatform: platform\npipelines: ["*/pipeline.yaml"]\nlints: {missing-description: off, no-timeout: off}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("etlc", type=Path)
    parser.add_argument("engines", type=Path)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--pipelines", type=int, default=120)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    of = random.Random(options.seed)
    schedules = {f"p{n}": (expression(of), of.choice(ZONES)) for n in range(options.pipelines)}
    with tempfile.TemporaryDirectory(prefix="etlc-schedules-") as folder:
        root = Path(folder)
        write(root, schedules)
        warned = warnings(root, options.etlc)
        rendered = {target: render(root, options.etlc, target) for target in ("airflow", "argo", "kubernetes")}
        faults: list[str] = []
        dags, _ = check_dags.load([rendered["airflow"] / "dags" / f"{name}.py" for name in schedules], faults)
        asked = [(name, *moment) for name, (_, zone) in schedules.items() if name in warned for moment in at_changes(zone)]
        first_fair = len(asked)
        asked += [(name, *moment) for name, (cron, zone) in schedules.items() for moment in moments(of, cron, zone, name in warned)]
        answers = {
            "the author": [meant(*schedules[name], at, count) for name, at, count in asked],
            "Airflow": [fired(timetable(dags[name]), at, count) for name, at, count in asked],
            "Argo": robfig(options.engines / "bin/kube", [(argo(rendered["argo"] / f"{name}.yaml"), at, count) for name, at, count in asked]),
            "Kubernetes": robfig(options.engines / "bin/kube", [(kubernetes(rendered["kubernetes"] / f"{name}.yaml"), at, count) for name, at, count in asked]),
        }
    instants = 0
    differ = {name for index, (name, *_) in enumerate(asked[:first_fair]) if len({tuple(answer[index]) for answer in answers.values()}) > 1}
    faults += [f"{schedules[name]}: etlc warns of changes of clocks, and all agree" for name in warned - differ]
    for index, (name, at, _) in list(enumerate(asked))[first_fair:]:
        right = [second for second in answers["the author"][index] if second < YEARS[1].timestamp()]  # etlc looks at these years alone.
        instants += len(right)
        for who, answer in answers.items():
            actual = answer[index][: len(right)]
            if actual != right:
                first = datetime.fromtimestamp(min(set(right) ^ set(actual)), UTC)
                faults.append(f"{schedules[name]} after {at.isoformat()}: {who} differs from the author first at {first.isoformat()}")
    for fault in faults[:20]:
        print(f"FAIL {fault}")
    print(f"{len(schedules)} schedules ({len(warned)} with a warning of changes of clocks), {instants} instants from {len(asked)} moments on, {len(faults)} faults")
    return 1 if faults or not instants else 0


def expression(of: random.Random) -> str:
    """A schedule in any of the ways to write it; not both a day of the month and a weekday, and one that fires at least every few months."""
    if of.random() < 0.1:
        return of.choice(list(MACROS))
    fields = [field(of, *spec) for spec in FIELDS]
    fields[of.choice([2, 4])] = "*"
    if fields[2] != "*" or of.random() < 0.7:  # Never only the 31st of June.
        fields[3] = "*"
    return " ".join(fields)


def field(of: random.Random, first: int, last: int, names: list[str]) -> str:
    def value() -> int:
        return of.randint(first, last)

    def spelled(number: int) -> str:
        return of.choice([str.lower, str.upper, str.title])(names[number - first]) if names and of.random() < 0.5 else str(number)

    def part() -> str:
        low, high = sorted((value(), value()))
        return of.choice([spelled(low), f"{spelled(low)}-{spelled(high)}", f"{low}-{high}/{of.randint(1, 5)}", f"*/{of.randint(1, max(2, (last - first) // 2))}"])

    return "*" if of.random() < 0.35 else ",".join(part() for _ in range(of.choice([1, 1, 1, 2, 3])))


def write(root: Path, schedules: dict) -> None:
    (root / "platform").mkdir()
    (root / "etlc.yaml").write_text(WORKSPACE, encoding="utf-8")
    (root / "platform/platform.yaml").write_text(PLATFORM, encoding="utf-8")
    for name, (cron, zone) in schedules.items():
        (root / name).mkdir()
        text = f'version: 1\npipeline: {name}\nowner: data\nschedule: {{cron: "{cron}", timezone: {zone}}}\n'
        text += "steps:\n  only: {kind: container, image: x:1, command: [x]}\n"
        (root / name / "pipeline.yaml").write_text(text, encoding="utf-8")


def run(root: Path, etlc: Path, *arguments: object) -> str:
    result = subprocess.run([etlc.resolve(), *arguments], cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    if result.returncode:
        raise SystemExit(f"etlc {' '.join(map(str, arguments))}:\n{(result.stderr + result.stdout)[-3000:]}")
    return result.stdout


def warnings(root: Path, etlc: Path) -> set[str]:
    found = json.loads(run(root, etlc, "validate", "--format", "json", "--max-faults", "0"))["diagnostics"]
    return {Path(each["labels"][0]["file"]).parent.name for each in found if each["code"] == "dst-transition"}


def render(root: Path, etlc: Path, target: str) -> Path:
    run(root, etlc, "render", "--target", target, "--out", root / "out")
    return root / "out/default" / target


def moments(of: random.Random, cron: str, zone: str, is_warned: bool) -> list[tuple[datetime, int]]:
    """From where on to ask, and for how many instants; where etlc warned, not about days next to a change of clocks."""
    begin, end = YEARS
    changes = changes_of(zone)
    found = []
    tries = 40  # A schedule may have no run between two changes.
    while len(found) < 4 and tries:
        tries -= 1
        at = begin + timedelta(seconds=of.randrange(int((end - begin).total_seconds())))
        if not is_warned:
            found.append((at, 12))
        elif all(change > at.timestamp() or change + 2 * 86400 < at.timestamp() for change in changes):
            # As many as there are before the next change.
            next_change = min((change for change in changes if change > at.timestamp()), default=float("inf"))
            count = sum(when < next_change - 2 * 86400 for when in meant(cron, zone, at, 12))
            found += [(at, count)] if count else []
    return found if is_warned else found + at_changes(zone)


def at_changes(zone: str) -> list[tuple[datetime, int]]:
    return [(datetime.fromtimestamp(change, UTC) - timedelta(hours=3), 400) for change in changes_of(zone)]


@cache
def changes_of(zone: str) -> list[int]:
    """The instants of 2026 and 2027 at which the clocks change."""
    tz, out = ZoneInfo(zone), []
    at = YEARS[0]
    while at < YEARS[1]:
        after = at + timedelta(hours=1)
        if at.astimezone(tz).utcoffset() != after.astimezone(tz).utcoffset():
            out.append(int(after.timestamp()))
        at = after
    return out


def values(text: str, first: int, last: int, names: list[str]) -> set[int]:
    found: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        span = re.sub("[a-z]+", lambda name: str(names.index(name[0]) + first), span)
        low, _, high = (f"{first}-{last}" if span == "*" else span).partition("-")
        found |= set(range(int(low), int(high or low) + 1, int(step or 1)))
    return found


def meant(cron: str, zone: str, after: datetime, count: int) -> list[int]:
    """The next instants: those whose local time every field allows."""
    minutes, hours, days, months, weekdays = (values(text, *spec) for text, spec in zip(MACROS.get(cron, cron).split(), FIELDS, strict=True))
    tz, found = ZoneInfo(zone), []
    day = after.astimezone(tz).date() - timedelta(days=1)
    while len(found) < count:
        if day.day in days and day.month in months and day.isoweekday() % 7 in weekdays:
            found += sorted(instant for hour in hours for minute in minutes for instant in instants_of(datetime(day.year, day.month, day.day, hour, minute), tz) if instant > after.timestamp())
        day += timedelta(days=1)
    return found[:count]


def instants_of(local: datetime, tz: ZoneInfo) -> set[int]:
    """The instants at which clocks show a local time: none, one or two."""
    both = [local.replace(tzinfo=tz, fold=fold) for fold in (0, 1)]
    return {int(at.timestamp()) for at in both if at.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == local}


def timetable(dag):
    """As Airflow's scheduler has it: read back from the database's form."""
    return check_dags.Serialization.from_dict(check_dags.Serialization.to_dict(dag)).timetable


def fired(of, after: datetime, count: int) -> list[int]:
    found: list[int] = []
    last = pendulum.instance(after)
    while len(found) < count:
        info = of.next_dagrun_info(last_automated_data_interval=DataInterval.exact(last), restriction=TimeRestriction(None, None, True))
        last = info.logical_date
        found.append(int(last.timestamp()))
    return found


def robfig(kube: Path, asked: list[tuple[str, datetime, int]]) -> list[list[int]]:
    lines = "".join(json.dumps({"schedule": schedule, "from": at.isoformat(), "count": count}) + "\n" for schedule, at, count in asked)
    result = subprocess.run([kube, "next"], input=lines, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def document(file: Path, kind: str) -> dict:
    return next(each for each in yaml.safe_load_all(file.read_bytes()) if each["kind"] == kind)["spec"]


def argo(file: Path) -> str:
    spec = document(file, "CronWorkflow")
    (only,) = spec["schedules"]
    return f"CRON_TZ={spec['timezone']} {only}"


def kubernetes(file: Path) -> str:
    spec = document(file, "CronJob")
    return f"TZ={spec['timeZone']} {spec['schedule']}"


if __name__ == "__main__":
    sys.exit(main())
