"""Plain Kubernetes: a Job made from the CronJob, by hand or by itself; a JobSet runs when it is applied."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from harness.model import FAILED, SUCCEEDED, Case, Seen, StepSeen, traces
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
        return self.watched("job", name, f"batch.kubernetes.io/job-name={name}", {"Complete": SUCCEEDED, "Failed": FAILED}, ids)

    def of_jobset(self, name: str, ids: list[str]) -> Seen:
        return self.watched("jobset", name, f"jobset.sigs.k8s.io/jobset-name={name}", {"Completed": SUCCEEDED, "Failed": FAILED}, ids)

    def watched(self, kind: str, name: str, selector: str, ends: dict[str, str], ids: list[str]) -> Seen:
        """Waits for the end of a run. A run that is ended loses its pods, so what was seen of each before counts too."""
        pods: dict[str, dict] = {}

        def ended() -> list[str]:
            found = self.cluster.get(kind, name)
            pods.update({pod["metadata"]["name"]: pod for pod in self.cluster.pods(selector)})
            return [state for condition, state in ends.items() if has(found, condition)]

        state = poll(LONGEST, f"{kind} {name}", ended)[0]
        steps = {step: StepSeen() for step in ids}
        for pod in pods.values():
            self.of_pod(pod, steps)
        return Seen(state, steps)

    def of_pod(self, pod: dict, steps: dict[str, StepSeen]) -> None:
        """Each container is an attempt of a step; in a chain all but the last are init containers."""
        status = pod["status"]
        for container in status.get("initContainerStatuses", []) + status.get("containerStatuses", []):
            step = find(list(steps), container["name"])
            if step is None and container["name"] == pod["spec"]["containers"][0]["name"]:
                step = step_of(pod["metadata"])
            ended = container["state"].get("terminated")
            if step in steps and ended:
                steps[step].attempts += 1
                steps[step].state = SUCCEEDED if ended["exitCode"] == 0 else FAILED
                steps[step].prints += traces(self.cluster.log(pod, container["name"]))


def has(found: dict, condition: str) -> bool:
    return any(each["type"] == condition and each["status"] == "True" for each in found.get("status", {}).get("conditions", []))
