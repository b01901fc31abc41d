#!/usr/bin/env bash
# Checks what etlc renders of the examples against the real engines.
#
#   tests/engines/setup.sh && tests/engines/run.sh ETLC
#
# ETLC is the program. The checks prove first that they can fail (selftest.py). Everything is written to a temporary
# folder; KEEP=1 leaves it there and says where.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
engines=${ETLC_ENGINES_DIR:-$root/target/engines}
for part in python airflow gitlab go node sarif openlineage sql; do
    [[ -f $engines/$part.stamp ]] || { echo "run: run tests/engines/setup.sh first" >&2; exit 2; }
done
engines=$(cd "$engines" && pwd)
etlc=$(realpath "${1:?usage: run.sh ETLC}")
python=$engines/venv/bin/python kube=$engines/bin/kube argolint=$engines/bin/argolint
export PYTHONDONTWRITEBYTECODE=1

# ---- What is rendered: an example, an environment of its platform, and the targets.
renders=(
    "every_option prod airflow argo kubernetes"
    "orders_mart prod airflow argo kubernetes"
    "size_forecast prod airflow argo kubernetes"
    "size_forecast local airflow"
    "starter prod airflow argo kubernetes"
    "starter laptop airflow"
)
# Where a target cannot express an example, the example holds a text that the refusal must contain.
refusal_file() { echo "$root/examples/$1/refused/$2/$3.txt"; } # example, environment, target
render() { (cd "$root/examples/$1" && "$etlc" render --env "$2" --target "$3" --out "$4"); }
plan() { (cd "$root/examples/$1" && "$etlc" plan --env "$2" "pipelines/$4"); } # ..., pipeline
# ----

work=$(mktemp -d)
[[ -n ${KEEP:-} ]] && echo "run: everything is in $work" || trap 'rm -rf "$work"' EXIT
passed=0 failed=0 refused=0
# What the older releases of Airflow are given: everything that was rendered, in two calls.
of_pods=() with_pods=() with_processes=()

# Runs a command as a check with a name; what it printed stands beside it, and below it when it fails.
check() {
    local name=$1 status=0
    shift
    "$@" >"$work/log" 2>&1 || status=$?
    if ((status == 0)); then
        passed=$((passed + 1))
        echo "ok   $name: $(tail -n 5 "$work/log" | paste -sd ';' | sed 's/;/; /g')"
    else
        failed=$((failed + 1))
        echo "FAIL $name (exit code $status)"
        sed 's/^/     /' "$work/log"
    fi
    return 0
}

refuse() { # example, environment, target, expected text
    local status=0 output
    output=$(render "$1" "$2" "$3" "$work/refused" 2>&1) || status=$?
    ((status == 1)) || { echo "exit code $status instead of 1"; echo "$output"; return 1; }
    [[ $output == *"$(<"$4")"* ]] || { echo "the refusal does not say what $4 says:"; echo "$output"; return 1; }
    echo "REFUSED AS DOCUMENTED"
}

# Every check of what one target made of one example; the folder is the render tree's <environment>/<target>.
check_manifests() { # name, folder
    local files
    mapfile -t files < <(find "$2" -name '*.yaml' | sort)
    if ((${#files[@]})); then
        check "$1: YAML readers" "$python" "$here/yaml/compare_readers.py" "$kube" "${files[@]}"
        check "$1: API server's validation" "$kube" check -crds "$engines/crds" "${files[@]}"
        check "$1: Kubernetes schemas" "$python" "$here/kubernetes/check_schemas.py" "${files[@]}"
    fi
}

check_airflow() { # name, folder, example, environment
    local dag pipeline options=()
    check_manifests "$1" "$2"
    for dag in "$2"/dags/*.py; do
        pipeline=$(basename "$dag" .py)
        if grep -q KubernetesPodOperator "$dag"; then
            check "$1: plan of $pipeline" plan_to "$work/plans/$1/$pipeline.json" "$3" "$4" airflow "$pipeline"
            options+=(--plan "$work/plans/$1/$pipeline.json")
        fi
    done
    for dag in "$2"/manifests/*.yaml; do [[ -f $dag ]] && options+=(--manifests "$dag"); done
    if [[ $4 == prod ]]; then of_pods+=("${options[@]}") with_pods+=("$2/dags"); else with_processes+=("$2/dags"); fi
    check "$1: DAGs" "$python" "$here/airflow/check_dags.py" "${options[@]}" --pods "$work/pods/$1" "$2/dags"
    [[ ! -d $work/pods/$1 ]] || check_manifests "$1 (pods)" "$work/pods/$1"
}

check_argo() {
    check_manifests "$1" "$2"
    check "$1: Argo's linter" "$argolint" "$2"/*.yaml
}

check_kubernetes() { check_manifests "$1" "$2"; }

echo_and_fail() { echo "$*"; return 1; }

plan_to() { # file, what `plan` takes
    mkdir -p "$(dirname "$1")"
    plan "${@:2}" >"$1"
}

# The size forecast on this machine: real SQL on DuckDB, real Python, a real run of Airflow, and what it leaves behind.
run_size_forecast() {
    local folder=$work/run
    cp -r "$root/examples/size_forecast" "$folder"
    (cd "$folder" && PATH=$engines/venv/bin:$PATH duckdb warehouse.duckdb <data/seed.sql) || return
    "$python" "$here/airflow/run_local.py" --cwd "$folder" --path "$(dirname "$etlc")" \
        "$work/rendered/size_forecast/local/airflow/dags/size_forecast.py" || return
    local shares
    shares=$("$engines/venv/bin/duckdb" "$folder/warehouse.duckdb" -csv -noheader -c \
        "select region, round(sum(share), 6) from mart.size_forecast__size_curves group by region order by region") || return
    [[ $shares == $'uk,1.0\nus,1.0' ]] || { echo "the shares of each region do not add up to 1:"; echo "$shares"; return 1; }
    [[ $(find "$folder/artifacts/size_forecast" -type f | wc -l) == 3 ]] || { find "$folder/artifacts"; return 1; }
    echo "ran to success; the tables and files are there"
}

check "self-test" "$python" "$here/selftest.py" "$engines"
for folder in "$root"/examples/*/etlc.yaml; do
    example=$(basename "$(dirname "$folder")")
    printf '%s\n' "${renders[@]}" | grep -q "^$example " || check "$example" echo_and_fail "is not in the list of renders"
done
for line in "${renders[@]}"; do
    read -r example environment targets <<<"$line"
    for target in $targets; do
        name=$example-$environment-$target
        expected=$(refusal_file "$example" "$environment" "$target")
        if [[ -f $expected ]]; then
            check "$name" refuse "$example" "$environment" "$target" "$expected"
            refused=$((refused + 1))
            continue
        fi
        check "$name: render" render "$example" "$environment" "$target" "$work/rendered/$example"
        tree=$work/rendered/$example/$environment/$target
        if [[ -n $(find "$tree" -name '*.yaml' -o -name '*.py' 2>/dev/null) ]]; then
            "check_$target" "$name" "$tree" "$example" "$environment"
        else
            check "$name" echo_and_fail "nothing was rendered in $tree"
        fi
    done
done
containers=("$here/airflow/check_docker.py" --plan "$work/docker.json" --option docker_network=etl "$work/docker/docker/airflow/dags")
render_containers() { (cd "$here/airflow/docker" && "$etlc" render --out "$work/docker" && "$etlc" plan good >"$work/docker.json"); }
check "containers of a Docker daemon: render" render_containers
check "containers of a Docker daemon" "$python" "${containers[@]}"
while read -r release _; do
    [[ $release == "#" ]] && continue
    check "Airflow $release: DAGs with pods" "$engines/airflow-$release/bin/python" "$here/airflow/check_dags.py" "${of_pods[@]}" "${with_pods[@]}"
    check "Airflow $release: DAGs of processes" "$engines/airflow-$release/bin/python" "$here/airflow/check_dags.py" "${with_processes[@]}"
    check "Airflow $release: DAGs of containers" "$engines/airflow-$release/bin/python" "${containers[@]}"
    check "Airflow $release: runs of every type" "$engines/airflow-$release/bin/python" "$here/airflow/check_runs.py" "$etlc"
done <"$here/airflow/releases.txt"
check "runs of every type, and versions of a DAG" "$python" "$here/airflow/check_runs.py" "$etlc"
check "any text, on every target" "$python" "$here/texts/compare_texts.py" "$etlc" "$engines"
check "schedules, on every target" "$python" "$here/schedules/compare_schedules.py" "$etlc" "$engines"
check "SARIF of every case" "$python" "$here/sarif/check_sarif.py" "$engines/sarif-2.1.0.json" "$etlc" "$root"
# Node looks for packages from the folder of the program upward.
check_graphs() { cp "$here/graph/check_graphs.mjs" "$engines/graph/" && node "$engines/graph/check_graphs.mjs" "$etlc" "$root"; }
check "graphs" check_graphs
check "OpenLineage" "$engines/openlineage/bin/python" "$here/openlineage/check_events.py" "$etlc" "$root"
for database in sqlite duckdb postgres mysql clickhouse; do
    if [[ $database == mysql && ! -d $engines/mariadb ]] || { [[ $database == sqlite ]] && ! command -v sqlite3 >/dev/null; }; then
        echo "NOT CHECKED: statements on $database, whose programs are not here"
        continue
    fi
    check "statements on $database" "$python" "$here/sql/check_sql.py" "$etlc" "$engines" "$database"
done
check "statements of every dialect" "$engines/sql/bin/python" "$here/sql/check_parsed.py" "$etlc"
check "size_forecast: a real run" run_size_forecast
check "a target of one's own, for GitLab CI" "$here/gitlab.sh" "$etlc"
check "pre-commit" "$here/precommit.sh" "$etlc"
echo "$refused renders were refused as documented"
echo "$passed passed, $failed failed"
((failed == 0))
