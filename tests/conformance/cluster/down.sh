#!/usr/bin/env bash
# Takes the cluster down: ends its one process, whose number was noted, and removes what it left on this machine.
#
#   tests/conformance/cluster/down.sh
#
# What `build.sh` made stays, so that the next start takes seconds.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"

((EUID == 0)) || fail "the cluster needs root: containers, mounts and networks are unmade"
[[ -d $cluster ]] || exit 0
if [[ ${1:-} != --unlocked ]]; then
    exec 9>"$cluster/lock"
    flock 9
fi
existed=0
[[ ! -e $state ]] || existed=1

if pid=$(node_process); then
    # Its death is the death of the node's first process, and that the death of everything on the node.
    inner=$(first_of_node "$pid")
    kill -KILL "$pid"
    for _ in {1..600}; do
        [[ -e /proc/$pid || -n $inner && -e /proc/$inner ]] || break
        sleep 0.1
    done
    [[ -z $inner || ! -e /proc/$inner ]] || fail "process $inner, the first of the node, does not end"
fi

# The link goes with the node's network, a moment after it.
[[ ! -e $state ]] || ip link delete "$link" 2>/dev/null || true

for hierarchy in $(cgroup_hierarchies); do
    [[ -d $hierarchy/$cgroup ]] || continue
    for _ in {1..50}; do
        find "$hierarchy/$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [[ -d $hierarchy/$cgroup ]] || break
        sleep 0.1
    done
    [[ ! -d $hierarchy/$cgroup ]] || fail "$hierarchy/$cgroup cannot be removed: $(find "$hierarchy/$cgroup" -name cgroup.procs -exec cat {} + | paste -sd' ') run in it"
done

# The node's mounts were its own; if something is mounted here after all, nothing beneath it is to be deleted.
! grep -qF " $state/" /proc/self/mountinfo || fail "something is mounted below $state"
rm -rf "$state"
((!existed)) || say "the cluster is down"
