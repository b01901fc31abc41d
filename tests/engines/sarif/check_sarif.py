"""Checks `etlc validate --format sarif` of every case and error page with a finding: the published schema of SARIF 2.1.0, and what GitHub's code scanning
asks beyond it.

    check_sarif.py SCHEMA ETLC ROOT

ROOT is the repository. The check proves first that it can fail.
"""

import copy
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema

WORKSPACE = 'version: 1\nworkspace: case\npipelines: ["**/pipeline.yaml"]\n'
MARK = re.compile(r"[ \t]*(?:#|--) ?(?:error|warning|info)\[[A-Za-z0-9-]+\].*$", re.MULTILINE)
LIMITS = {"results": 25_000, "rules": 25_000, "locations": 1_000}


def workspaces(page):
    """The workspaces of a case or page: lists of (language, path, text), and flags."""
    blocks, section, fence, words, start = [], "", None, [], 0
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for index, line in enumerate(lines):
        ticks = len(line) - len(line.lstrip("`"))
        if fence is None and ticks >= 3:
            fence, words, start = ticks, line[ticks:].split(), index + 1
        elif fence is not None and ticks >= fence and len(line.rstrip()) == ticks:
            blocks.append((section, words, "".join(lines[start:index])))
            fence = None
        elif fence is None and line.startswith("## "):
            section = line[3:].strip()
    sections = [""] if "cases" in page.parts else ["Fails"]
    for wanted in sections:
        files, args = [], []
        for section, words, text in blocks:
            if section not in ("", wanted) and "cases" not in page.parts:
                continue
            if words == ["args"]:
                args += text.split()
            elif len(words) == 2 and words[0] not in ("plan", "out", "fixed"):
                files.append((words[0], words[1], text))
        yield files, args


def lay(folder, files):
    (folder / "etlc.yaml").write_text(WORKSPACE)
    for language, path, text in files:
        full = folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        if language == "hex":
            full.write_bytes(bytes.fromhex("".join(text.split())))
        elif language == "link":
            full.symlink_to(text.strip())
        elif language == "folder":
            full.mkdir(exist_ok=True)
        else:
            full.write_text(MARK.sub("", text), encoding="utf-8")


def log_of(etlc, files, args):
    with tempfile.TemporaryDirectory() as name:
        lay(Path(name), files)
        run = subprocess.run([etlc, "validate", "--format", "sarif", *args], cwd=name, capture_output=True, text=True, encoding="utf-8")
        log = json.loads(run.stdout) if run.stdout else None
        texts = {}
        for uri in set(uris(log)) if log else ():
            full = Path(name) / uri
            texts[uri] = full.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff") if full.is_file() else ""
        return log, texts


def uris(value):
    """Every file that a log names."""
    if isinstance(value, dict):
        if "uri" in value and value.get("uriBaseId") == "%SRCROOT%":
            from urllib.parse import unquote

            yield unquote(value["uri"])
        for item in value.values():
            yield from uris(item)
    elif isinstance(value, list):
        for item in value:
            yield from uris(item)


def regions(value):
    if isinstance(value, dict):
        if "artifactLocation" in value:
            for region in [value.get("region")] + [change["deletedRegion"] for change in value.get("replacements", [])]:
                if region:
                    yield value["artifactLocation"]["uri"], region
        for item in value.values():
            yield from regions(item)
    elif isinstance(value, list):
        for item in value:
            yield from regions(item)


def faults_of(validator, log, texts):
    """What is wrong with a log."""
    from urllib.parse import unquote

    faults = [f"schema: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(log)]
    if faults:
        return faults
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    if not driver.get("version") or not driver.get("semanticVersion"):
        faults.append("no version of the tool")
    if "%SRCROOT%" not in run.get("originalUriBaseIds", {}):
        faults.append("%SRCROOT% is not described")
    if run.get("columnKind") != "unicodeCodePoints":
        faults.append("columns are counted in something else")
    if not run.get("invocations"):
        faults.append("no invocation")
    for rule in driver["rules"]:
        for key in ("shortDescription", "fullDescription", "help"):
            if not 0 < len(rule.get(key, {}).get("text", "")) <= (65_536 if key == "help" else 1_024):
                faults.append(f"{rule['id']}: no {key}, or too long")
        if not rule.get("helpUri", "").startswith("https://") or "level" not in rule.get("defaultConfiguration", {}):
            faults.append(f"{rule['id']}: no helpUri or no default level")
    for result in run["results"]:
        name = f"{result['ruleId']}: {result['message']['text'][:60]!r}"
        index = result.get("ruleIndex", -1)
        if not 0 <= index < len(driver["rules"]) or driver["rules"][index]["id"] != result["ruleId"]:
            faults.append(f"{name}: the rule index is wrong")
        if not 1 <= len(result["locations"]) <= LIMITS["locations"]:
            faults.append(f"{name}: no location")
        if not re.fullmatch(r"[0-9a-f]+:[0-9]+", result.get("partialFingerprints", {}).get("primaryLocationLineHash", "")):
            faults.append(f"{name}: no fingerprint")
    if len(run["results"]) > LIMITS["results"] or len(driver["rules"]) > LIMITS["rules"]:
        faults.append("too many results or rules")
    for uri, region in regions(run["results"]):
        if re.match(r"[a-z]+:|/|\.\.(/|$)", uri):
            faults.append(f"{uri} is not relative")
        lines = re.split(r"\r\n|\n", texts.get(unquote(uri), ""))
        start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
        if not (1 <= start[0] <= end[0] <= len(lines) and start <= end):
            faults.append(f"{uri}: the region {start} to {end} is not in the file of {len(lines)} lines")
        elif not (1 <= start[1] <= len(lines[start[0] - 1]) + 2 and 1 <= end[1] <= len(lines[end[0] - 1]) + 2):
            faults.append(f"{uri}: the columns {start} to {end} are not in their lines")
    return faults


def self_test(validator, log, texts):
    """Every fault that is made in a good log must be found."""
    def result(log):
        return log["runs"][0]["results"][0]

    def place(log):
        return result(log)["locations"][0]["physicalLocation"]

    mutations = {
        "a key that SARIF does not have": lambda log: result(log).update(colour="red"),
        "a level that SARIF does not have": lambda log: result(log).update(level="fatal"),
        "an absolute path": lambda log: place(log)["artifactLocation"].update(uri="/etc/passwd"),
        "a path that climbs": lambda log: place(log)["artifactLocation"].update(uri="../a.yaml"),
        "line 0": lambda log: place(log)["region"].update(startLine=0),
        "a line behind the end": lambda log: place(log)["region"].update(startLine=999, endLine=999),
        "a column behind the end": lambda log: place(log)["region"].update(endColumn=999),
        "no location": lambda log: result(log).update(locations=[]),
        "no fingerprint": lambda log: result(log).pop("partialFingerprints"),
        "another rule": lambda log: result(log).update(ruleIndex=7),
        "a rule without help": lambda log: log["runs"][0]["tool"]["driver"]["rules"][0].pop("help"),
        "a rule without a link": lambda log: log["runs"][0]["tool"]["driver"]["rules"][0].pop("helpUri"),
        "no version": lambda log: log["runs"][0]["tool"]["driver"].pop("version"),
        "no root": lambda log: log["runs"][0].pop("originalUriBaseIds"),
        "no invocation": lambda log: log["runs"][0].pop("invocations"),
        "no results": lambda log: log["runs"][0].update(results=None),
    }
    for name, mutate in mutations.items():
        changed = copy.deepcopy(log)
        mutate(changed)
        if not faults_of(validator, changed, texts):
            sys.exit(f"the check does not notice: {name}")
    return len(mutations)


def main():
    schema_path, etlc, root = sys.argv[1:]
    schema = json.loads(Path(schema_path).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    pages = sorted(page for folder in ("tests/cases", "docs/errors") for page in Path(root, folder).rglob("*.md") if page.name != "README.md")
    jobs = [(page, files, args) for page in pages for files, args in workspaces(page) if any(path.endswith(".yaml") for _, path, _ in files)]
    with ThreadPoolExecutor() as pool:
        logs = list(pool.map(lambda job: (job[0], *log_of(etlc, *job[1:])), jobs))
    logs = [(page, log, texts) for page, log, texts in logs if log]
    with_results = [item for item in logs if item[1]["runs"][0]["results"]]
    with_fixes = sum("fixes" in result for _, log, _ in logs for result in log["runs"][0]["results"])
    if len(with_results) < 50 or with_fixes < 10:
        sys.exit(f"only {len(with_results)} cases have results and {with_fixes} results have fixes: the cases were not found")
    n_mutations = self_test(validator, *with_results[0][1:])
    faults = [f"{page}: {fault}" for page, log, texts in logs for fault in faults_of(validator, log, texts)]
    if faults:
        sys.exit("\n".join(faults))
    n_results = sum(len(log["runs"][0]["results"]) for _, log, _ in logs)
    print(f"{len(logs)} SARIF LOGS WITH {n_results} RESULTS, {with_fixes} WITH FIXES; {n_mutations} FAULTS MADE AND FOUND")


main()
