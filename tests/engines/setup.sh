#!/usr/bin/env bash
# Installs the real engines that the checks beside this file use: Airflow and the Python readers into a virtual
# environment, Argo's linter and Kubernetes' validation as two Go programs, Mermaid and Graphviz for Node, and fetches the
# published schema of SARIF.
#
#   tests/engines/setup.sh          everything
#   tests/engines/setup.sh python   only the virtual environment
#   tests/engines/setup.sh airflow  only the older releases of Airflow
#   tests/engines/setup.sh gitlab   only the schema of GitLab CI
#   tests/engines/setup.sh go       only the Go programs
#   tests/engines/setup.sh node     only Mermaid and Graphviz
#   tests/engines/setup.sh sarif    only the schema of SARIF
#   tests/engines/setup.sh openlineage  only OpenLineage's client
#   tests/engines/setup.sh sql      only PostgreSQL, ClickHouse and MariaDB
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

uv=0.13.9
install_uv() {
    [[ $("$engines/uv/bin/uv" --version 2>/dev/null) == "uv $uv"* ]] && return
    rm -rf "$engines/uv"
    "${PYTHON:-python3}" -m venv "$engines/uv"
    "$engines/uv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv"
}

# Each older release with the packages of its time, so that nothing has to be pinned by hand.
setup_airflow() {
    local inputs name wanted day providers=(apache-airflow-providers-{cncf-kubernetes,docker,standard})
    inputs="$(sha256sum <"$here/airflow/releases.txt") ${providers[*]} $uv $("${PYTHON:-python3}" --version)"
    is_done airflow "$inputs" && return
    rm -rf "$engines"/airflow-* "$engines/airflow.stamp"
    install_uv
    while read -r name wanted day; do
        [[ $name == "#" ]] && continue
        "$engines/uv/bin/uv" venv --quiet --python "${PYTHON:-python3}" "$engines/airflow-$name"
        "$engines/uv/bin/uv" pip install --quiet --python "$engines/airflow-$name/bin/python" --exclude-newer "$day" \
            "$wanted" "${providers[@]}" pyyaml ||
            fail "Airflow $name cannot be installed"
    done <"$here/airflow/releases.txt"
    echo "$inputs" >"$engines/airflow.stamp"
}

# The published schema of GitLab CI comes with this program.
setup_gitlab() {
    local wanted=check-jsonschema==0.39.0
    is_done gitlab "$wanted" && return
    rm -rf "$engines/gitlab" "$engines/gitlab.stamp"
    install_uv
    "$engines/uv/bin/uv" venv --quiet --python "${PYTHON:-python3}" "$engines/gitlab"
    "$engines/uv/bin/uv" pip install --quiet --python "$engines/gitlab/bin/python" "$wanted"
    echo "$wanted" >"$engines/gitlab.stamp"
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

setup_node() {
    local inputs
    node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null ||
        fail "the checks of graphs need Node 20 or newer and npm"
    inputs="$(cat "$here"/graph/{package.json,package-lock.json} | sha256sum) $(node --version)"
    is_done node "$inputs" && return
    rm -rf "$engines/graph" "$engines/node.stamp"
    mkdir -p "$engines/graph"
    install -m 644 "$here"/graph/{package.json,package-lock.json} "$engines/graph/"
    (cd "$engines/graph" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || fail "Mermaid and Graphviz cannot be installed"
    echo "$inputs" >"$engines/node.stamp"
}

setup_sarif() {
    local inputs crate
    command -v cargo >/dev/null || fail "the schema of SARIF comes as a crate; there is no 'cargo' on PATH"
    inputs="$(cat "$here"/sarif/Cargo.{toml,lock} | sha256sum)"
    is_done sarif "$inputs" && return
    rm -f "$engines/sarif.stamp"
    # Nothing is built: the crate is only fetched, and its schema copied.
    crate=$(cd "$here/sarif" && cargo metadata --locked --format-version 1 |
        python3 -c 'import json, sys; print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "serde-sarif"))') ||
        fail "the crate with the schema of SARIF cannot be fetched"
    install -m 644 "$(dirname "$crate")/src/schema.json" "$engines/sarif-2.1.0.json"
    echo "$inputs" >"$engines/sarif.stamp"
}

setup_openlineage() {
    local wanted=openlineage-python==1.54.0
    is_done openlineage "$wanted" && return
    rm -rf "$engines/openlineage" "$engines/openlineage.stamp"
    install_uv
    "$engines/uv/bin/uv" venv --quiet --python "${PYTHON:-python3}" "$engines/openlineage"
    "$engines/uv/bin/uv" pip install --quiet --python "$engines/openlineage/bin/python" "$wanted"
    echo "$wanted" >"$engines/openlineage.stamp"
}

# MariaDB from Debian's packages, unpacked and not installed; with lists and a cache of its own, so that nothing of the machine changes.
fetch_mariadb() {
    local apt
    command -v apt-get dpkg-deb >/dev/null || return
    mkdir -p "$engines/mariadb/apt/lists/partial" "$engines/mariadb/apt/cache/archives/partial"
    apt=(-qq -o "Dir::State::lists=$engines/mariadb/apt/lists" -o "Dir::Cache=$engines/mariadb/apt/cache" -o APT::Sandbox::User=root)
    apt-get "${apt[@]}" update && (cd "$engines/mariadb/apt" && apt-get "${apt[@]}" download "$@") || return
    for package in "$engines"/mariadb/apt/*.deb; do dpkg-deb --extract "$package" "$engines/mariadb"; done
    rm -rf "$engines/mariadb/apt"
}

# PostgreSQL and ClickHouse from PyPI, MariaDB where Debian's packages can be had. DuckDB comes with the part `python`.
setup_sql() {
    local inputs packages=(libaio1 libmariadb3 liburing2 mariadb-client-core mariadb-server-core)
    inputs="$(sha256sum <"$here/sql/requirements.txt") ${packages[*]} $("${PYTHON:-python3}" --version)"
    is_done sql "$inputs" && return
    rm -rf "$engines/sql" "$engines/mariadb" "$engines/sql.stamp"
    "${PYTHON:-python3}" -m venv "$engines/sql"
    "$engines/sql/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$here/sql/requirements.txt"
    if ! fetch_mariadb "${packages[@]}"; then
        rm -rf "$engines/mariadb"
        echo "setup: Debian's packages of MariaDB cannot be had here: what etlc writes for MySQL will not be checked"
    fi
    echo "$inputs" >"$engines/sql.stamp"
}

build() {
    (cd "$here/$1" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$engines/bin/$2" .) ||
        fail "the Go program in tests/engines/$1 does not build ($(go version))"
}

for part in "${@:-python airflow gitlab go node sarif openlineage sql}"; do
    for name in $part; do
        case $name in
        python | airflow | gitlab | go | node | sarif | openlineage | sql)
            seconds=$SECONDS
            "setup_$name"
            echo "setup: $name is ready ($((SECONDS - seconds)) s)"
            ;;
        *) fail "'$name' is not a part; there are 'python', 'airflow', 'gitlab', 'go', 'node', 'sarif', 'openlineage' and 'sql'" ;;
        esac
    done
done
