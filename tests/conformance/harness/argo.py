"""Argo Workflows: a Workflow made from the WorkflowTemplate, as `argo submit --from` makes it, or by the CronWorkflow itself."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from harness.model import FAILED, NOT_RUN, OMITTED, SKIPPED, SUCCEEDED, Case, Seen, StepSeen, traces
from harness.tools import Cluster, find, poll, step_of

PHASES = {"Succeeded": SUCCEEDED, "Failed": FAILED, "Error": FAILED, "Skipped": SKIPPED, "Omitted": OMITTED}
LONGEST = 420


class Argo:
    name = "argo"
    target = "argo"
    environment = "pods"
    workers = 2

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def run(self, case: Case, plan: dict, rendered: Path) -> Seen:
        self.cluster.apply(rendered / f"{case.name}.yaml")
        template = case.name.replace("_", "-")
        name = self.fired(template) if case.start.by == "schedule" else self.submit(template, case, plan)
        workflow = poll(LONGEST, f"workflow {name}", lambda: self.finished(name))
        if came_too_early(workflow):
            time.sleep(5)
            name = self.submit(template, case, plan)
            workflow = poll(LONGEST, f"workflow {name}", lambda: self.finished(name))
        return self.seen(workflow, [step["id"] for step in plan["steps"]])

    def submit(self, template: str, case: Case, plan: dict) -> str:
        spec: dict = {"workflowTemplateRef": {"name": template}}
        if parameters := self.parameters(template, case, plan):
            spec["arguments"] = {"parameters": parameters}
        manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": f"{template}-"}, "spec": spec}
        return self.cluster.create(manifest).rpartition("/")[2]

    def parameters(self, template: str, case: Case, plan: dict) -> list[dict]:
        """What `-p` gives: the params of the run, and its instant by those of `run-date` and `run-timestamp` that the pipeline uses."""
        given = {name: text_of(value) for name, value in case.start.params.items()}
        if case.start.instant:
            spec = self.cluster.get("workflowtemplate", template)["spec"]
            used = {each["name"] for each in spec.get("arguments", {}).get("parameters", [])}
            local = datetime.fromisoformat(case.start.instant).astimezone(ZoneInfo(plan["timezone"]))
            instants = {"run-timestamp": case.start.instant, "run-date": local.strftime("%Y-%m-%d")}
            given |= {name: value for name, value in instants.items() if name in used}
        return [{"name": name, "value": value} for name, value in given.items()]

    def fired(self, template: str) -> str:
        """The first Workflow that the CronWorkflow makes by itself; it makes no more.

        It is touched as docs/platform.md says: Argo leaves a CronWorkflow that it sees before its WorkflowTemplate alone for 20 minutes.
        """
        time.sleep(2)
        self.cluster.kubectl("annotate", "cronworkflow", template, "--overwrite", f"etlc.dev/applied-at={time.time():.0f}")
        selector = f"workflows.argoproj.io/cron-workflow={template}"
        items = poll(150, f"CronWorkflow {template}", lambda: self.cluster.get("workflow", "-l", selector)["items"])
        self.cluster.kubectl("patch", "cronworkflow", template, "--type", "merge", "--patch", '{"spec": {"suspend": true}}')
        return items[0]["metadata"]["name"]

    def finished(self, name: str) -> dict | None:
        workflow = self.cluster.get("workflow", name)
        return workflow if workflow.get("status", {}).get("phase") in ("Succeeded", "Failed", "Error") else None

    def seen(self, workflow: dict, ids: list[str]) -> Seen:
        name = workflow["metadata"]["name"]
        steps = {step: StepSeen() for step in ids}
        nodes = workflow["status"].get("nodes", {})
        # The graph itself, and those of its parts.
        parts = {key: node for key, node in nodes.items() if node["displayName"].startswith("Part-") and node.get("boundaryID") == name}
        graphs = {name} | set(parts)
        if any(node["phase"] == "Omitted" for node in parts.values()):
            # Of what is in a part that was left out nothing is said, so whatever has no node of its own was.
            steps = {step: StepSeen(OMITTED) for step in ids}
        for node in (node for node in nodes.values() if node.get("boundaryID") in graphs):
            if (step := find(ids, node["displayName"])) and node["type"] in ("Pod", "Retry", "Skipped", "DAG") and not is_attempt(node):
                steps[step].state = PHASES.get(node["phase"], NOT_RUN)
        for pod in self.cluster.pods(f"workflows.argoproj.io/workflow={name}"):
            if (step := step_of(pod["metadata"])) in steps:
                steps[step].attempts += 1
                steps[step].prints += traces(self.cluster.log(pod, "main"))
        return Seen(PHASES[workflow["status"]["phase"]], steps, said=said(workflow))


def came_too_early(workflow: dict) -> bool:
    """Argo watches its kinds apart from each other: a Workflow may be seen before the WorkflowTemplate that it is made from, and has then failed."""
    status = workflow["status"]
    return status["phase"] == "Error" and not status.get("nodes") and "not found" in status.get("message", "")


def said(workflow: dict) -> str:
    """The messages of a run and of its nodes that did not succeed."""
    status = workflow["status"]
    conditions = [f"{each['type']}: {each.get('message') or each['status']}" for each in status.get("conditions", [])]
    nodes = [f"{node['displayName']} {node['phase']}: {node['message']}" for node in status.get("nodes", {}).values() if node.get("message")]
    return "; ".join([f"{status['phase']}: {status.get('message', 'no message')}", *conditions, *nodes])


def is_attempt(node: dict) -> bool:
    """One of the attempts below a node that counts them."""
    return node["displayName"].endswith(")")


def text_of(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
