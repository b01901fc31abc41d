#!/usr/bin/env bash
# Proves that the cluster of KUBECONFIG runs what the suite needs: a Job, a CronJob, a workflow and a CronWorkflow of three
# steps, and a JobSet whose second job waits for its first. Says how long each took.
#
#   tests/conformance/cluster/selftest.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"
kubectl=$programs/kubectl
[[ -x $kubectl ]] || kubectl=kubectl
namespace=etlc-selftest
kubectl() { command "$kubectl" -n "$namespace" "$@"; }

command "$kubectl" create namespace "$namespace" >/dev/null
trap 'command "$kubectl" delete namespace "$namespace" --wait=false >/dev/null' EXIT
started=$SECONDS
for file in "$here"/selftest/*.yaml; do kubectl apply -f "$file" >/dev/null; done

await() { # seconds, what, expected, command...
    local end=$((started + $1)) found
    until found=$("${@:4}" 2>&1) && [[ $found == *"$3"* ]]; do
        if ((SECONDS > end)); then
            kubectl get all,jobset,workflow,cronworkflow || true
            fail "$2 did not end within $1 s: $found"
        fi
        sleep 0.5
    done
    say "$2 ($((SECONDS - started)) s)"
}

await 120 "a Job printed its arguments" "['pods', '\$(HOME_OF)']" kubectl logs job/job
await 180 "a JobSet ended" Completed kubectl get jobset jobset -o 'jsonpath={.status.terminalState}'
ended=$(kubectl get job jobset-first-0 -o 'jsonpath={.status.completionTime}')
began=$(kubectl get job jobset-second-0 -o 'jsonpath={.metadata.creationTimestamp}')
[[ ! $began < $ended ]] || fail "the second job of the JobSet began at $began, before the first ended at $ended"
await 180 "a workflow of three steps succeeded" "Succeeded 3/3" kubectl get workflow workflow -o 'jsonpath={.status.phase} {.status.progress}'
await 180 "a CronJob fired and completed" "completed" kubectl get job -o \
    'jsonpath={range .items[?(@.metadata.ownerReferences[0].kind=="CronJob")]}{.status.succeeded}{" completed"}{end}'
await 240 "a CronWorkflow fired and succeeded" "Succeeded" kubectl get workflow \
    -l workflows.argoproj.io/cron-workflow=cronworkflow -o 'jsonpath={.items[0].status.phase}'
