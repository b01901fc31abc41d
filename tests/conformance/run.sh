#!/usr/bin/env bash
# Runs the conformance suite from nothing: the Python of the engines, a cluster if KUBECONFIG names none, `run.py`, and takes the cluster down again.
#
#   tests/conformance/run.sh ETLC [what run.py takes]...
#
# ETLC is the program that is tried. A cluster that KUBECONFIG names needs an image with it: `--image`, see README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
etlc=$(realpath "${1:?usage: run.sh ETLC [what run.py takes]...}")
shift
engines=${ETLC_ENGINES_DIR:-$here/../../target/engines}
export ETLC_ENGINES_DIR=$engines PYTHONDONTWRITEBYTECODE=1

"$here/../engines/setup.sh" python
if [[ -z ${KUBECONFIG:-} ]]; then
    ETLC=$etlc "$here/cluster/build.sh"
    eval "$("$here/cluster/up.sh")"
    trap '"$here/cluster/down.sh"' EXIT
fi
"$engines/venv/bin/python" "$here/run.py" --etlc "$etlc" "$@"
