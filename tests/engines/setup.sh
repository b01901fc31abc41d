#!/usr/bin/env bash
# Installs the real engines that the checks beside this file use: Airflow and the Python readers into a virtual
# environment, Argo's linter and Kubernetes' validation as two Go programs.
#
#   tests/engines/setup.sh          everything
#   tests/engines/setup.sh python   only the virtual environment
#   tests/engines/setup.sh go       only the Go programs
#
# All of it lies in $ETLC_ENGINES_DIR (default: target/engines). A part whose inputs did not change is left as it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
engines=${ETLC_ENGINES_DIR:-$here/../../target/engines}
mkdir -p "$engines/bin" "$engines/crds"
engines=$(cd "$engines" && pwd)

fail() { echo "setup: $*" >&2; exit 1; }

# Succeeds when the stamp of a part says what it would say after a new installation.
is_done() { [[ -f $engines/$1.stamp && $(cat "$engines/$1.stamp") == "$2" ]]; }

setup_python() {
    local python=${PYTHON:-python3} inputs
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "the Airflow and YAML checks need Python 3.11 or newer; '$python' is not (PYTHON names another)"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "'$python' cannot make virtual environments (on Debian: apt-get install python3-venv)"
    inputs="$(sha256sum <"$here/requirements.txt") $("$python" --version)"
    is_done python "$inputs" && return
    rm -rf "$engines/venv" "$engines/python.stamp"
    "$python" -m venv "$engines/venv"
    "$engines/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    "$engines/venv/bin/python" -m pip check
    echo "$inputs" >"$engines/python.stamp"
}

setup_go() {
    local inputs argo jobset
    command -v go >/dev/null || fail "the Argo and Kubernetes checks need Go 1.26 or newer; there is no 'go' on PATH"
    inputs="$(cat "$here"/{argo,kubernetes}/{go.mod,go.sum,*.go} | sha256sum) $(go version)" ||
        fail "the sources of the Go programs cannot be read"
    is_done go "$inputs" && return
    rm -f "$engines/go.stamp"
    build argo argolint
    build kubernetes kube
    # The engines' own CustomResourceDefinitions come with their sources.
    argo=$(cd "$here/argo" && go list -m -f '{{.Dir}}' github.com/argoproj/argo-workflows/v4)
    jobset=$(cd "$here/kubernetes" && go list -m -f '{{.Dir}}' sigs.k8s.io/jobset)
    install -m 644 "$argo"/manifests/base/crds/full/argoproj.io_{workflows,workflowtemplates,cronworkflows}.yaml \
        "$jobset"/config/components/crd/bases/jobset.x-k8s.io_jobsets.yaml "$engines/crds/"
    echo "$inputs" >"$engines/go.stamp"
}

build() {
    (cd "$here/$1" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$engines/bin/$2" .) ||
        fail "the Go program in tests/engines/$1 does not build ($(go version))"
}

for part in "${@:-python go}"; do
    for name in $part; do
        case $name in
        python | go)
            seconds=$SECONDS
            "setup_$name"
            echo "setup: $name is ready ($((SECONDS - seconds)) s)"
            ;;
        *) fail "'$name' is not a part; there are 'python' and 'go'" ;;
        esac
    done
done
