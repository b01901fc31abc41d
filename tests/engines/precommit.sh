#!/usr/bin/env bash
# Tries the project's hooks with the real pre-commit, in a git repository made for it.
#
#   tests/engines/precommit.sh ETLC [EXAMPLE] [HOOK]
#
# ETLC is the program, EXAMPLE the folder of a good workspace (default: examples/orders_mart), HOOK the hook to try
# (default: etlc-system; `etlc` builds the program as a user's machine does, which takes minutes).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
engines=${ETLC_ENGINES_DIR:-$root/target/engines}
[[ -x $engines/venv/bin/pre-commit ]] || { echo "precommit: run tests/engines/setup.sh first" >&2; exit 2; }
engines=$(cd "$engines" && pwd)
etlc=$(realpath "$1") example=$(realpath "${2:-$root/examples/orders_mart}") hook=${3:-etlc-system}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$etlc" "$work/bin/etlc"
# The environment of a user who commits: no variables of an outer git, an identity, `etlc` and pre-commit on PATH.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export PATH="$work/bin:$engines/venv/bin:$PATH" PRE_COMMIT_HOME="$work/cache" GIT_CONFIG_GLOBAL="$work/gitconfig"
git config --global user.name Test
git config --global user.email test@example.com
git config --global init.defaultBranch main

passed=0
pass() { passed=$((passed + 1)); }
fail() {
    echo "FAIL pre-commit: $1" >&2
    [[ ! -f $work/log ]] || cat "$work/log" >&2
    echo "$passed passed, 1 failed"
    exit 1
}
commit() { git add --all && git commit --message "$1" >"$work/log" 2>&1; }

# The repository of the hooks: the sources as they are here, committed or not.
mkdir "$work/hooks"
(cd "$root" && git ls-files --cached --others --exclude-standard -z | xargs -0 cp --parents --target-directory="$work/hooks" 2>/dev/null) || true
cp "$root/.pre-commit-hooks.yaml" "$work/hooks/"
cd "$work/hooks"
git init --quiet && git add --all --force && git commit --quiet --message hooks

mkdir "$work/workspace"
cp -r "$example/." "$work/workspace"
cd "$work/workspace"
spec=$(find . -name pipeline.yaml | sort | head -n 1)
[[ -n $spec ]] || fail "$example has no pipeline.yaml"
sql=$(find . -name '*.sql' | sort | head -n 1)
git init --quiet
cat >.pre-commit-config.yaml <<CONFIG
repos:
  - repo: $work/hooks
    rev: $(git -C "$work/hooks" rev-parse HEAD)
    hooks: [{id: $hook}]
CONFIG
pre-commit validate-config && pre-commit validate-manifest "$work/hooks/.pre-commit-hooks.yaml" || fail "the files do not validate"
pre-commit install >/dev/null

commit "a good workspace" || fail "a good workspace cannot be committed"
grep -q "etlc validate.*Passed" "$work/log" || fail "the hook did not run on a good workspace"
pass

printf '\nstepz: {}\n' >>"$spec"
if commit "an unknown key"; then fail "a spec with an unknown key was committed"; fi
grep -q "etlc validate.*Failed" "$work/log" || fail "the commit failed, but not by the hook"
grep -q "stepz" "$work/log" || fail "the message does not name the unknown key"
grep -q "${spec#./}" "$work/log" || fail "the message does not name the file"
git checkout --quiet HEAD -- . && pass

echo "nothing to see" >notes.txt
commit "another file" || fail "a file that is no business of etlc cannot be committed"
grep -q "etlc validate.*Skipped" "$work/log" || fail "the hook ran for a file that is no business of etlc"
pass

if [[ -n $sql ]]; then
    printf '{%% if %%}\n' >>"$sql"
    if commit "a broken SQL file"; then fail "a broken SQL file was committed"; fi
    grep -q "${sql#./}" "$work/log" || fail "the message does not name the SQL file"
    git checkout --quiet HEAD -- . && pass
fi
echo "$passed passed, 0 failed"
