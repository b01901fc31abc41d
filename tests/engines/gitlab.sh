#!/usr/bin/env bash
# Builds the target for GitLab CI as docs/platform.md tells, in the folder that `etlc init` makes, and asks GitLab's published schema
# what it writes. A fault in what was written must be found.
#
#   gitlab.sh ETLC
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
engines=${ETLC_ENGINES_DIR:-$here/../../target/engines}
etlc=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
"$etlc" init . >/dev/null 2>&1
python3 - "$here/../../docs/platform.md" <<'PYTHON'
import pathlib, re, sys

for path, text in re.findall(r"(?ms)^```\w+ (platform/targets/gitlab/\S+)\n(.*?)^```$", pathlib.Path(sys.argv[1]).read_text("utf-8")):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text(text, "utf-8")
PYTHON
"$etlc" render --env prod --target gitlab >/dev/null 2>&1
check() { "$engines/gitlab/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci "$1" >"$work/log"; }
check rendered/prod/gitlab/daily_sales.yaml || { cat "$work/log"; exit 1; }
sed 's/expand: false/expan: false/' rendered/prod/gitlab/daily_sales.yaml >faulty.yaml
if check faulty.yaml; then echo "the schema takes a variable with a misspelt key"; exit 1; fi
echo "GitLab's schema takes what the page's target writes"
