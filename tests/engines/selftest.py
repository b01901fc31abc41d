"""Proves that each check finds the fault that it is there for.

Good files must pass. Each fault is one change to a good file, and the check must fail and name it.

    selftest.py ENGINES_FOLDER

Traps: A15, C1, N1, P2, Z4, Z6
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "selftest"
CHECKS = HERE.parent
sys.dont_write_bytecode = True

# Fault of a DAG file: what is replaced by what, and what the check says.
DAG_FAULTS = {
    "unknown_key": ('"command": [literal("score")]', '"comand": [], "command": [literal("score")], "argz": ["x"]', r"spec\.containers\.0\.argz was dropped"),
    "renamed_container": ('"name": "base", "image": literal("x:1")', '"name": "main", "image": literal("x:1")', r"name is 'base' instead of 'main'"),
    "restart_policy": ('"restartPolicy": "Never", "containers": [{', '"restartPolicy": "OnFailure", "containers": [{', r"restartPolicy is 'Never' instead of 'OnFailure'"),
    "operator_argument": ('task_id="score_region_us",', 'task_id="score_region_us", node_selector={"disk": "ssd"},', r"spec\.nodeSelector was added"),
    "volumes_as_dict": ('task_id="score_region_us",', 'task_id="score_region_us", volumes=[{"name": "x"}],', r"cannot build the pod"),
    "wrong_argument": ('literal("/etlc/files/a.py")', 'literal("/etlc/files/b.py")', r"args\[0\] is '/etlc/files/b\.py'"),
    "one_argument_less": ('literal("/etlc/files/a.py"), ', "", r"args has 3 words, and 4 in the plan"),
    "wrong_command": ('literal("score")', 'literal("scores")', r"command\[0\] is 'scores'"),
    "wrong_image": ('literal("x:1")', 'literal("x:2")', r"the image is 'x:2'"),
    "dollar_not_doubled": ("/$$x", "/$$$$x", r"env OUT is '.*/\$\$x'"),
    "template_not_escaped": ('literal("$$HOME {{ x }}\\n")', '"$$HOME {{ x }}\\n"', r"cannot build the pod: UndefinedError"),
    "newline_lost": ("{{ x }}\\n", "{{ x }}", r"args\[1\] is"),
    "needs_a_logical_date": ('"(dag_run.logical_date or dag_run.run_after)"', '"logical_date"', r"\(no logical date\): the operator cannot build the pod: UndefinedError"),
    "timestamp_with_offset": (".strftime('%Y-%m-%dT%H:%M:%SZ')", " | ts", r"env ETLC_RUN_TIMESTAMP is"),
    "python_boolean": ("params.dry | tojson", "params.dry", r"env ETLC_PARAM_DRY is 'False'"),
    "run_id_not_unique": ("-{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, run_id).hex[:8] }}", "", r"env ETLC_RUN_ID is 'scheduled__"),
    "run_id_hash_constant": ("{{ macros.uuid.uuid5(macros.uuid.NAMESPACE_URL, run_id).hex[:8] }}", "00000000", r"two runs have the same run\.id"),
    "param_expanded_twice": ('"valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations[\'etlc/param-label\']"}}', '"value": "{{ params.label }}"', r"\(hostile params\): args\[3\] is"),
    "missing_env": ('{"name": "EMPTY", "value": ""}', "", r"env EMPTY is missing"),
    "unplanned_env": ('{"name": "EMPTY", "value": ""}', '{"name": "EMPTY", "value": ""}, {"name": "MORE", "value": "x"}', r"env MORE is not in the plan"),
    "wrong_attempt": ("{{ ti.try_number }}", "{{ ti.try_number - 1 }}", r"env ETLC_RUN_ATTEMPT is '0'"),
    "wrong_secret": ('"key": "token"', '"key": "tokens"', r"env TOKEN is '<tracking/tokens>'"),
    "date_in_utc": (".astimezone(macros.dateutil.tz.gettz('America/Los_Angeles'))", "", r"\(no logical date\): args\[2\] is '2026-11-05'"),
    "missing_edge": ("t_0001 >> t_0002", "", r"what it runs after is set\(\), and in the plan \{'features'\}"),
    "wrong_rule": ("retries=2", "retries=2, trigger_rule='all_done'", r"its rule is 'all_done', and in the plan 'all_success'"),
    "wrong_retries": ("retries=2", "retries=3", r"its number of retries is 3, and in the plan 2"),
    "wrong_delay": ("seconds=30", "seconds=300", r"the delay of its retries is"),
    "wrong_timeout": ("hours=1", "hours=2", r"its timeout is"),
    "wrong_schedule": ('"0 6 * * *"', '"0 7 * * *"', r"its schedule is '0 7 \* \* \*'"),
    "wrong_zone": ('timezone="America/Los_Angeles"', 'timezone="UTC"', r"time zone of its schedule is 'UTC'"),
    "catchup": ("catchup=False", "catchup=True, start_date=__import__('pendulum').datetime(2026, 1, 1)", r"catchup is True, and in the plan False"),
    "wrong_default": ("Param(28", "Param(27", r"the default of days is 27, and in the plan 28"),
    "wrong_file_name": ('"path": "a.py"', '"path": "b.py"', r"the file /etlc/files/a\.py is None"),
    "wrong_file_mode": ('"defaultMode": 493', '"defaultMode": 420', r"the file /etlc/files/a\.py is \(420, "),
    "missing_configmap": ('"good-files-0123456789"', '"good-files-9876543210"', r"the ConfigMap good-files-9876543210 is not in the manifests"),
    "task_of_no_step": ('task_id="features"', 'task_id="feature"', r"task feature is no step of the plan"),
    "hash_order": ('"env": [{"name": "EMPTY", "value": ""}]', '"env": [{"name": x, "value": ""} for x in set("ABCDEFGHIJ")]', r"another process serializes it differently"),
    "import_error": ("t_0001 >> t_0002", "t_0001 >> t_0003", r"NameError"),
    "no_dag": (None, "from airflow.sdk import DAG\n", r"no DAG in the file"),
}

# The same for containers of a Docker daemon.
DOCKER_FAULTS = {
    "image_read_as_file": ("py.sh{{ '' }}", "py.sh", r"cannot run it: TemplateNotFound"),
    "wrong_image": ('image="alpine:3"', 'image="alpine:4"', r"the image is 'alpine:4'"),
    "image_not_pulled": ("force_pull=True", "force_pull=False", r"whether the image is pulled is 0, and by the plan 1"),
    "entrypoint_of_the_image": ('entrypoint=[""],', "", r"the entrypoint is None"),
    "command_read_as_file": ("\"run.sh{{ '' }}\"", '"run.sh"', r"cannot run it: TemplateNotFound"),
    "one_word_less": ('"[1, 2]",', "", r"it has 6 words, and 7 in the plan"),
    "newline_lost": ("#{{ '\\\\n' }}", "#", r"word 7 is"),
    "command_as_text": ('command=["true"]', 'command="[\'false\']"', r"word 1 is 'false'"),
    "brace_before_a_value": ("\"{{ '{' }}{{ etlc_run_date", '"{{ etlc_run_date', r"word 3 is '2026-"),
    "missing_env": ('"EMPTY": "",', "", r"env EMPTY is missing"),
    "unplanned_env": ('"EMPTY": "",', '"EMPTY": "", "MORE": "x",', r"env MORE is not in the plan"),
    "python_boolean": ("params['dry'] | tojson", "params['dry']", r"env ETLC_PARAM_DRY is 'False'"),
    "folder_of_the_host": ('"mount_tmp_dir": False', '"mount_tmp_dir": True', r"env AIRFLOW_TMP_DIR is not in the plan"),
    "missing_secret": ('secrets=["TOKEN"]', "secrets=[]", r"env TOKEN is missing"),
    "secret_kept": ("self.secrets = secrets", "self.secrets = secrets\n        self.command = [\"{{ macros.json.dumps(task.worker()) }}\"]\n\n    def worker(self):\n        return {name: os.environ.get(name) for name in self.secrets}", r"the secret TOKEN is in what Airflow keeps of the task"),
    "other_files": ('source=f"{FILES}/" + "load/"', 'source=f"{FILES}/" + "count/"', r"its files, .* is \{'count\.sql'"),
    "files_may_change": ("read_only=True", "read_only=False", r"its mounts is \[\('/etlc/files', 'bind', False\)\]"),
    "no_files": ('mounts=[Mount(target="/etlc/files", source=f"{FILES}/" + "load/", type="bind", read_only=True)],', "", r"its mounts is \[\]"),
    "wrong_share": ("cpus=2.0", "cpus=1.0", r"its share of processors is 1024, and by the plan 2048"),
    "wrong_memory": ("mem_limit=2000000000", 'mem_limit="2g"', r"its limit of memory is 2147483648, and by the plan 2000000000"),
    "wrong_gpus": ("count=2", "count=-1", r"its GPUs is \[\(-1, "),
    "wrong_network": ('"network_mode": "etl"', '"network_mode": "host"', r"its network is 'host', and by the plan 'etl'"),
    "wrong_label": ('"etlc.dev/step": "fit"', '"etlc.dev/step": "load"', r"the step of its labels is 'load'"),
    "privileged": ("cpus=2.0", "cpus=2.0, privileged=True", r"whether it is privileged is True"),
    "left_behind": ('"auto_remove": "force"', '"auto_remove": "never"', r"the container was removed 0 times, and not 1"),
    "no_container": ("return super().execute(context)", "return None", r"0 containers were made"),
    "run_id_constant": ("{{ etlc_run_id(dag_run) }}", "x", r"word 2 is 'x'"),
}

ARGO_FAULTS = {
    "unknown field": ('entrypoint: "good"', 'entrypoint: "good"\n  onExitt: "x"', r"unknown field"),
    "unknown task": ('depends: "features.Succeeded"', 'depends: "feature.Succeeded"', r"feature"),
    "unknown parameter": ("{{workflow.parameters.days}}", "{{inputs.parameters.days}}", r"failed to resolve"),
    "bad cron": ('"0 6 * * *"', '"61 6 * * *"', r"cron schedule"),
    "unknown template": ('      name: "good"\n', '      name: "god"\n', r"god"),
    "uncounted kind": ('kind: "CronWorkflow"', 'kind: "CronWorkflows"', r"linted 0 of 1 CronWorkflows"),
    "uncounted template kind": ('kind: "WorkflowTemplate"', 'kind: "WorkflowEventBinding"', r"linted 0 of 1 WorkflowEventBinding"),
    "foreign kind": ('kind: "ConfigMap"', 'kind: "Confmap"', r'a document of kind "Confmap"'),
    "broken YAML": ("      args: ", "     args: ", r"yaml"),
    "upper-case template": ('template: "train"', 'template: "Train"', r"not a lower-case DNS label", ('- name: "train"\n      retry', '- name: "Train"\n      retry')),
    "no command": ('        command: ["python"]\n        args: ["b.py"]', '        args: ["b.py"]', r"a container without command"),
    "bad retry limit": ('limit: "2"', 'limit: "two"', r'the retry limit "two" is not a number'),
    "word as a task": ('depends: "features.Succeeded"', 'depends: "in.Succeeded"', r'task "train" cannot know what it waits for', ('- name: "features"\n            template', '- name: "in"\n            template')),
    "dependency without an outcome": ('depends: "features.Succeeded"', 'depends: "features"', r'task "train" cannot know what it waits for'),
    "endless retries": ('        limit: "2"\n', "", r"retries for ever"),
}

# Both checks of Kubernetes objects must find the first group; the second needs the API server's own code.
KUBERNETES_FAULTS = {
    "unknown field": ('              command: ["python"]', '              comand: ["python"]', r"comand"),
    "number for a string": ('value: "1"', "value: 1", r"."),
    "unknown field in a JobSet": ('command: ["two"]', 'comand: ["two"]', r"comand"),
}
SERVER_FAULTS = {
    "duplicate key": ('  name: "good-files-0123456789"\n  namespace', '  name: "x"\n  name: "good-files-0123456789"\n  namespace', r"already set"),
    "bad enum": ('concurrencyPolicy: "Forbid"', 'concurrencyPolicy: "Forbidd"', r"concurrencyPolicy"),
    "bad restart policy": ('          restartPolicy: "Never"\n          containers', '          restartPolicy: "Always"\n          containers', r"restartPolicy"),
    "bad container name": ('- name: "base"\n              image: "registry', '- name: "A_b"\n              image: "registry', r"RFC 1123"),
    "bad cron": ('"0 6 * * 1"', '"0 6 * * 7"', r"spec\.schedule"),
    "bad time zone": ('"Etc/UTC"', '"Local"', r"timeZone"),
    "long name": ('kind: "CronJob"\nmetadata:\n  name: "good"', 'kind: "CronJob"\nmetadata:\n  name: "' + "g" * 53 + '"', r"52 characters"),
    "bad quantity": ('"1Gi"', '"1GB"', r"quantities"),
    "bad ConfigMap key": ('"a.sql"', '"a b.sql"', r"a b\.sql"),
    "missing volume": ('          volumes:\n            - name: "files"', '          volumes:\n            - name: "file"', r"volumeMounts"),
    "env twice": ('name: "B"', 'name: "A"', r"hides previous definition"),
    "too large to apply": ('"select 1\\n"', '"' + "x" * 262144 + '"', r"too many for kubectl apply"),
    "later dependency": ('- name: "first"\n          status', '- name: "third"\n          status', r"depends on third, which is not before it"),
    "bad JobSet status": ('status: "Complete"', 'status: "Completed"', r"status"),
    "long JobSet name": ('kind: "JobSet"\nmetadata:\n  name: "good"', 'kind: "JobSet"\nmetadata:\n  name: "' + "g" * 60 + '"', r"job name"),
    "unknown kind": ('kind: "CronJob"', 'kind: "CronTask"', r"no check for"),
    "unknown Argo field": ('entrypoint: "good"', 'entrypoint: "good"\n  onExitt: "x"', r"spec\.onExitt"),
    "Argo value not a string": ('value: "28"', "value: 28", r"spec\.arguments\.parameters\[0\]\.value"),
    "Argo zone in the cron": ('"0 6 * * *"', '"CRON_TZ=UTC 0 6 * * *"', r"schedules"),
}

YAML_FAULTS = {
    "on": ("a: on\n", r"True to kubectl and 'on' to ruamel"),
    "octal": ("mode: 0755\n", r"493 to kubectl and 755 to ruamel"),
    "sexagesimal": ("at: 12:30:00\n", r"'12:30:00' to kubectl and 45000 to PyYAML"),
    "date": ("day: 2025-01-01\n", r"datetime\.date"),
    "key": ("y: 1\n", r"the keys are \['true'\] to kubectl and \['y'\]"),
    "surrogates": ('s: "\\ud83d\\ude00"\n', r"kubectl's reader"),
    "control character": ("s: \"\x1b\"\n", r"control characters|special characters"),
    "duplicate key": ("a: 1\na: 2\n", r"already set"),
    "no document": ("# nothing\n", r"no document"),
}
YAML_GOOD = '---\n"a b": "\\x85 \\e[0m 😀 \\U0001F600 on 0755 {{ x }}"\nmode: 493\nlist: ["1", 2, true, 1.5]\n---\nb: |\n  text\n\n  more\n'

# `expand` against the cases of Kubernetes' own test of it.
EXPANSIONS = {
    "$(VAR_A)": "A",
    "___$(VAR_B)___": "___B___",
    "$$(VAR_A)_$(VAR_A)": "$(VAR_A)_A",
    "$$$(VAR_A)": "$A",
    "$$$$(VAR_A)": "$$(VAR_A)",
    "f000-$$VAR_A": "f000-$VAR_A",
    "foo\\$(VAR_C)bar": "foo\\Cbar",
    "$(VAR_DNE)": "$(VAR_DNE)",
    "$(VAR_A": "$(VAR_A",
    "$(VAR_A)$(VAR_B": "A$(VAR_B",
    "$VAR_A": "$VAR_A",
    "$": "$",
    "$$": "$",
    "a$": "a$",
    "$()": "$()",
    "$(VAR_REF)": "$(VAR_A)",
    "$$$$$$(BAD)": "$$$(BAD)",
    "$?é$é": "$?é$é",
    "--$($(VAR_A)--": "--$($(VAR_A)--",
}

passed, failed = 0, 0


def expect(name: str, ok: bool, details: object = "") -> None:
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}\n{details}")


def run(*command: object, **env: str) -> tuple[int, str]:
    result = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", env={**os.environ, **env}, check=False)
    return result.returncode, result.stdout


def replaced(text: str, fault: tuple) -> str | None:
    for old, new in [fault[:2], *fault[3:]]:
        if old is None:
            return new
        if old not in text:
            return None
        text = text.replace(old, new)
    return text


def expect_fault(name: str, command: list, pattern: str) -> None:
    code, output = run(*command)
    expect(name, code == 1 and re.search(pattern, output) and "Traceback" not in output, f"exit code {code}, wanted {pattern!r} in:\n{output}")


def expect_faults(area: str, faults: dict, texts: list[str], command, temporary: Path) -> None:
    """Makes each fault in the first of the texts that has the place for it."""
    file = temporary / f"{area}.yaml"
    for name, fault in faults.items():
        broken = next((new for text in texts if (new := replaced(text, fault))), None)
        if broken is None:
            expect(f"{area}: {name}", False, "the place to break is not in the good file")
            continue
        file.write_text(broken, encoding="utf-8")
        expect_fault(f"{area}: {name}", command(file), fault[2])


def main() -> int:
    engines = Path(sys.argv[1])
    kube, argolint = engines / "bin/kube", engines / "bin/argolint"
    check = [kube, "check", "-crds", engines / "crds"]
    schemas = [sys.executable, CHECKS / "kubernetes/check_schemas.py"]
    readers = [sys.executable, CHECKS / "yaml/compare_readers.py", kube]
    good = {name: (HERE / f"{name}.yaml").read_text(encoding="utf-8") for name in ("argo", "kubernetes")}

    for name, command in {"argolint": [argolint, HERE / "argo.yaml"], "kube check": [*check, HERE / "argo.yaml", HERE / "kubernetes.yaml"], "schemas": [*schemas, HERE / "kubernetes.yaml"], "readers": [*readers, HERE / "argo.yaml", HERE / "kubernetes.yaml"]}.items():
        code, output = run(*command)
        expect(f"{name}: good files", code == 0, output)
    with tempfile.TemporaryDirectory(prefix="etlc-selftest-") as folder:
        temporary = Path(folder)
        expect_faults("argo", ARGO_FAULTS, [good["argo"]], lambda file: [argolint, file], temporary)
        expect_faults("server", KUBERNETES_FAULTS | SERVER_FAULTS, [good["kubernetes"], good["argo"]], lambda file: [*check, file], temporary)
        expect_faults("schemas", KUBERNETES_FAULTS, [good["kubernetes"]], lambda file: [*schemas, file], temporary)
        file = temporary / "readers.yaml"
        for name, (text, pattern) in YAML_FAULTS.items():
            file.write_text(text, encoding="utf-8")
            expect_fault(f"readers: {name}", [*readers, file], pattern)
        file.write_text(YAML_GOOD, encoding="utf-8")
        expect("readers: escapes and blocks", run(*readers, file)[0] == 0, run(*readers, file)[1])
        for name, empty in {"argolint": [argolint], "kube check": check, "schemas": schemas, "readers": readers}.items():
            expect(f"{name}: no file is a failure", run(*empty)[0] != 0)
        check_dags(temporary)
        check_docker(temporary)
        run_dags(temporary)

    sys.path.insert(0, str(CHECKS / "airflow"))
    import kubelet

    env = {"VAR_A": "A", "VAR_B": "B", "VAR_C": "C", "VAR_REF": "$(VAR_A)"}
    for text, wanted in EXPANSIONS.items():
        expect(f"expansion of {text}", kubelet.expand(text, env) == wanted, kubelet.expand(text, env))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def check_dags(temporary: Path) -> None:
    """One run of the check over the good file and all broken ones: starting Airflow is what takes long."""
    good, plan = ((HERE / "airflow" / name).read_text(encoding="utf-8") for name in ("good.py", "good.plan.json"))
    folder = temporary / "dags"
    folder.mkdir()
    command = [sys.executable, CHECKS / "airflow/check_dags.py", folder, "--manifests", HERE / "airflow/good.manifests.yaml"]
    cases = {"good": good}
    for name, fault in DAG_FAULTS.items():
        if broken := replaced(good, fault):
            cases[name] = broken.replace('dag_id="good"', f'dag_id="{name}"')
        else:
            expect(f"dags: {name}", False, "the place to break is not in the good file")
    for name, text in cases.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        (temporary / f"{name}.plan.json").write_text(plan.replace('"pipeline": "good"', f'"pipeline": "{name}"'), encoding="utf-8")
        command += ["--plan", temporary / f"{name}.plan.json"]
    code, output = run(*command)
    lines = output.splitlines()
    expect("dags: broken files fail", code == 1 and "Traceback (most recent call last):\n  File \"" + str(CHECKS) not in output, output[-3000:])
    expect("dags: the good file passes", not any(re.match(r"FAIL (good\b|.*/good\.py)", line) for line in lines), "\n".join(line for line in lines if "good" in line))
    for name in DAG_FAULTS:
        about = "\n".join(block for block in re.split(r"^(?=FAIL )", output, flags=re.MULTILINE) if re.match(rf"FAIL ({name}\b|.*/{name}\.py)", block))
        expect(f"dags: {name}", re.search(DAG_FAULTS[name][2], about), about or "no fault reported")


def check_docker(temporary: Path) -> None:
    """Likewise, with the folder of files beside that of the DAGs."""
    good, plan = ((HERE / "airflow" / name).read_text(encoding="utf-8") for name in ("docker.py", "docker.plan.json"))
    folder = temporary / "docker"
    shutil.copytree(HERE / "airflow/docker", folder)
    (folder / "dags").mkdir()
    command = [sys.executable, CHECKS / "airflow/check_docker.py", folder / "dags", "--option", "docker_network=etl"]
    cases = {"good": good}
    for name, fault in DOCKER_FAULTS.items():
        if broken := replaced(good, fault):
            cases[name] = re.sub(r'(dag_id=|"etlc.dev/pipeline": )"good"', rf'\1"{name}"', broken)
        else:
            expect(f"docker: {name}", False, "the place to break is not in the good file")
    for name, text in cases.items():
        (folder / f"dags/{name}.py").write_text(text, encoding="utf-8")
        (folder / f"{name}.plan.json").write_text(plan.replace('"pipeline": "good"', f'"pipeline": "{name}"'), encoding="utf-8")
        command += ["--plan", folder / f"{name}.plan.json"]
    code, output = run(*command)
    faults = "\n".join(line for line in output.splitlines() if line.startswith("FAIL "))
    expect("docker: broken files fail", code == 1 and "Traceback (most recent call last):\n  File \"" + str(CHECKS) not in output, output[-3000:])
    expect("docker: the good file passes", not re.search(r"^FAIL (good\b|.*/good\.py)", faults, re.MULTILINE), faults)
    for name in DOCKER_FAULTS:
        about = "\n".join(re.findall(rf"^FAIL (?:{name}\b|.*/{name}\.py).*", faults, re.MULTILINE))
        expect(f"docker: {name}", re.search(DOCKER_FAULTS[name][2], about), about or "no fault reported")


def run_dags(temporary: Path) -> None:
    command = [sys.executable, CHECKS / "airflow/run_local.py", HERE / "airflow/local.py"]
    database = {"ETLC_SELFTEST_DATABASE": str(temporary / "days.duckdb")}
    code, output = run(*command, **database)
    expect("run_local: a good DAG", code == 0 and re.search(r"^success +features$", output, re.MULTILINE), output)
    code, output = run(*command, **database)  # The table is there now.
    expect("run_local: a failing task", code == 1 and re.search(r"^failed +features$", output, re.MULTILINE), output)


if __name__ == "__main__":
    sys.exit(main())
