#!/usr/bin/env bash
# Runs a command on the node, in its namespaces: to look at it, or to give it another image.
#
#   tests/conformance/cluster/enter.sh ctr -n k8s.io containers ls
#   tests/conformance/cluster/enter.sh ctr -n k8s.io images import "$PWD/image.tar"
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"
pid=$(node_process) || fail "the cluster is not up"
exec nsenter --target "$(first_of_node "$pid")" --mount --pid --net "${@:-bash}"
