"""Plain Kubernetes: a Job made from the CronJob, by hand or by itself; a JobSet runs when it is applied."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from harness.model import FAILED, NOT_RUN, SUCCEEDED, Case, Seen, StepSeen, traces
from harness.tools import Cluster, find, poll, step_of

LONGEST = 420


class Kubernetes:
    target = "kubernetes"
    workers = 2

    def __init__(self, cluster: Cluster, form: str) -> None:
        self.cluster, self.environment, self.name = cluster, form, f"kubernetes-{form}"

    def run(self, case: Case, plan: dict, rendered: Path) -> Seen:
        file = rendered / f"{case.name}.yaml"
        with file.open(encoding="utf-8") as stream:
            main = list(yaml.safe_load_all(stream))[-1]
        if self.environment == "jobset":
            self.cluster.kubectl("delete", "job,cronjob", "-l", f"etlc.dev/pipeline={case.name}", "--wait=true")
        self.cluster.apply(file)
        ids, name = [step["id"] for step in plan["steps"]], main["metadata"]["name"]
        if main["kind"] == "JobSet":
            return self.of_jobset(name, ids)
        job = self.fired(name) if case.start.by == "schedule" else self.created(name)
        return self.of_job(job, ids)

    def created(self, cronjob: str) -> str:
        run = f"{cronjob}-by-hand-{self.environment}"
        self.cluster.kubectl("create", "job", f"--from=cronjob/{cronjob}", run)
        return run

    def fired(self, cronjob: str) -> str:
        """The first Job that the CronJob makes by itself; it makes no more."""

        def jobs() -> list[str]:
            owned = [job["metadata"] for job in self.cluster.get("job")["items"]]
            return [each["name"] for each in owned if any(owner["name"] == cronjob for owner in each.get("ownerReferences", []))]

        name = poll(150, f"CronJob {cronjob}", jobs)[0]
        self.cluster.kubectl("patch", "cronjob", cronjob, "--patch", json.dumps({"spec": {"suspend": True}}))
        return name

    def of_job(self, name: str, ids: list[str]) -> Seen:
        job = poll(LONGEST, f"Job {name}", lambda: self.ended("job", name, {"Complete", "Failed"}))
        steps = {step: StepSeen() for step in ids}
        for pod in self.cluster.pods(f"batch.kubernetes.io/job-name={name}"):
            self.of_pod(pod, steps)
        return Seen(SUCCEEDED if condition(job, "Complete") else FAILED, steps)

    def of_jobset(self, name: str, ids: list[str]) -> Seen:
        jobset = poll(LONGEST, f"JobSet {name}", lambda: self.ended("jobset", name, {"Completed", "Failed"}))
        steps = {step: StepSeen() for step in ids}
        for pod in self.cluster.pods(f"jobset.sigs.k8s.io/jobset-name={name}"):
            self.of_pod(pod, steps)
        return Seen(SUCCEEDED if condition(jobset, "Completed") else FAILED, steps)

    def of_pod(self, pod: dict, steps: dict[str, StepSeen]) -> None:
        """Each container is an attempt of a step; in a chain all but the last are init containers."""
        status = pod["status"]
        for container in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
            step = find(list(steps), container["name"])
            if step is None and len(pod["spec"]["containers"]) == 1 and container["name"] == pod["spec"]["containers"][0]["name"]:
                step = step_of(pod["metadata"])
            ended = container["state"].get("terminated")
            if step in steps and ended:
                steps[step].attempts += 1
                steps[step].state = SUCCEEDED if ended["exitCode"] == 0 else FAILED
                steps[step].prints += traces(self.cluster.log(pod, container["name"]))

    def ended(self, kind: str, name: str, conditions: set[str]) -> dict | None:
        found = self.cluster.get(kind, name)
        return found if any(condition(found, each) for each in conditions) else None


def condition(found: dict, kind: str) -> bool:
    return any(each["type"] == kind and each["status"] == "True" for each in found.get("status", {}).get("conditions", []))
