# What the scripts beside this file have in common: where things lie, and the addresses of the node. To be sourced.
# shellcheck shell=bash disable=SC2034

cluster=${ETLC_CLUSTER_DIR:-/var/tmp/etlc-cluster}
programs=$cluster/bin       # what is built of the Go modules
images=$cluster/images      # docker archives; `up.sh` imports each of them
manifests=$cluster/manifests
state=$cluster/state        # the running cluster; `down.sh` removes all of it
kubeconfig=$state/kubeconfig

# A link of its own joins the node, which has its own network, to this machine.
link=etlc0
host_address=10.90.0.1
node_address=10.90.0.2
pod_network=10.244.0.0/24
service_network=10.96.0.0/16
service_address=10.96.0.1 # of the API server, as pods see it
cgroup=etlc-cluster

tools_image=etlc.test/tools:1 # a Debian with Python, sqlite3 and curl, for the steps of pipelines

fail() { echo "$(basename "$0" .sh): $*" >&2; exit 1; }

say() { echo "$(basename "$0" .sh): $*"; }

# The process that the whole node hangs on, if it runs: the number was noted, and the command line must still be ours.
node_process() {
    local pid
    pid=$(cat "$state/pid" 2>/dev/null) || return 1
    [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "node.sh $cluster" && echo "$pid"
}

# The folders below which groups of processes are made: one with version 2 of control groups, one for each controller with version 1.
cgroup_hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts; }

# The first process on the node, as this machine numbers it.
first_of_node() { ps -o pid= --ppid "$1" | tr -d ' '; }
