#!/usr/bin/env bash
# Builds what a one-node Kubernetes cluster is made of, without Docker, registries or downloads of programs:
# Kubernetes, etcd, Argo Workflows and JobSet come from the Go module proxy, the rest from Debian.
#
#   tests/conformance/cluster/build.sh             everything that is not built yet
#   ETLC=target/release/etlc …/build.sh            also puts `etlc` into the image that pipelines use
#
# All of it lies in $ETLC_CLUSTER_DIR (default: /var/tmp/etlc-cluster). A part whose inputs did not change is left as it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"
mkdir -p "$programs" "$images" "$manifests" "$cluster/stamps"
exec 9>"$cluster/lock"
flock 9

((EUID == 0)) || fail "the cluster needs root: containers, mounts and networks are made"

# Runs a part unless its stamp says that it was built of the same inputs.
part() { # name, inputs, command...
    local stamp=$cluster/stamps/$1 seconds=$SECONDS
    [[ -f $stamp && $(<"$stamp") == "$2" ]] && { say "$1 is ready"; return; }
    rm -f "$stamp"
    "${@:3}"
    echo "$2" >"$stamp"
    say "$1 is ready ($((SECONDS - seconds)) s)"
}

debian_packages() {
    local needed=(containerd runc containernetworking-plugins debootstrap openssl iproute2 python3) missing=() package
    for package in "${needed[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing Debian's ${missing[*]}"
    # The package would start a containerd of its own where there is an init system; this cluster brings one.
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null
}

go_build() { # module's folder, go build's further arguments...
    (cd "$1" && CGO_ENABLED=0 go build -trimpath -o "$programs/" "${@:2}") || fail "the Go module in $1 does not build ($(go version))"
}

kubernetes() {
    local version=$1 flags='-s -w' package
    # Clients read the server's version, which a release has from its linker.
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version")"
    done
    go_build "$here/go/kubernetes" -ldflags "$flags" ./etcd ./pause \
        k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kubectl}
}

# The release's archive lacks `signal_linux.go`, a symbolic link to `signal_darwin.go`: archives of modules hold no links.
argo() {
    local source=$cluster/argo module=github.com/argoproj/argo-workflows/v4 os=workflow/executor/osspecific
    rm -rf "$source"
    mkdir -p "$source/build"
    cp -r --no-preserve=mode "$(module_folder argo $module)" "$source/module"
    cp "$source/module/$os/signal_darwin.go" "$source/module/$os/signal_linux.go"
    cp "$here"/go/argo/go.{mod,sum} "$source/build/"
    (cd "$source/build" && go mod edit -replace "$module=../module")
    go_build "$source/build" -ldflags "-s -w -X $module.version=$1" $module/cmd/{workflow-controller,argoexec}
    rm -rf "$source"
}

jobset() { go_build "$here/go/jobset" -ldflags '-s -w' sigs.k8s.io/jobset; }

module_folder() { (cd "$here/go/$1" && go mod download "$2" && go list -m -f '{{.Dir}}' "$2"); }
module_version() { (cd "$here/go/$1" && go list -m -f '{{.Version}}' "$2"); }

root_folder() {
    rm -rf "$cluster/rootfs"
    debootstrap --variant=minbase --include="$debian" "$1" "$cluster/rootfs" >"$cluster/debootstrap.log" ||
        fail "debootstrap failed; $cluster/debootstrap.log says why"
    # Nothing of it is needed in a container.
    rm -rf "$cluster"/rootfs/var/cache/apt/* "$cluster"/rootfs/var/lib/apt/lists/* "$cluster"/rootfs/usr/share/{doc,man,locale}/*
    # What images of Python have.
    ln -sf python3 "$cluster/rootfs/usr/bin/python"
    python3 "$here/image.py" layer "$cluster/root.tar" --root "$cluster/rootfs"
}

image() { # name of the archive, what image.py takes
    python3 "$here/image.py" image "$images/$1.tar" "${@:2}"
}

control_images() {
    image pause etlc.test/pause:1 --file "$programs/pause:/pause" --entrypoint /pause
    image workflow-controller "quay.io/argoproj/workflow-controller:$argo_version" --user 8737 --entrypoint workflow-controller \
        --file "$programs/workflow-controller:/bin/workflow-controller"
    image argoexec "quay.io/argoproj/argoexec:$argo_version" --entrypoint argoexec --file "$programs/argoexec:/bin/argoexec"
    image jobset "etlc.test/jobset:$jobset_version" --user 65532:65532 --entrypoint /manager --file "$programs/jobset:/manager"
}

tools() {
    local options=()
    [[ -z ${ETLC:-} ]] || options=(--file "$(realpath "$ETLC"):/usr/local/bin/etlc")
    image tools "$tools_image" --layer "$cluster/root.tar" "${options[@]}"
}

# The projects' own installations, with images of the versions that were built.
installations() {
    local name argo jobset
    argo=$(module_folder argo github.com/argoproj/argo-workflows/v4)/manifests
    jobset=$(module_folder jobset sigs.k8s.io/jobset)/config/default
    for name in argo jobset; do
        rm -rf "$cluster/kustomize"
        mkdir -p "$cluster/kustomize"
        cp "$here/installations/$name.yaml" "$cluster/kustomize/kustomization.yaml"
        ln -s "$argo" "$cluster/kustomize/argo"
        ln -s "$jobset" "$cluster/kustomize/jobset"
        sed -i "s/ARGO_VERSION/$argo_version/; s/JOBSET_VERSION/$jobset_version/" "$cluster/kustomize/kustomization.yaml"
        "$programs/kubectl" kustomize "$cluster/kustomize" >"$manifests/$name.yaml"
    done
    rm -rf "$cluster/kustomize"
}

hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

debian_packages
command -v go >/dev/null || fail "Go 1.26 or newer is needed; there is no 'go' on PATH"
# shellcheck source=/dev/null
# What the steps of pipelines and the runner need.
debian=python3,sqlite3,curl
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?this is no Debian}")
go=$(go version)
kubernetes_version=$(module_version kubernetes k8s.io/kubernetes)
argo_version=$(module_version argo github.com/argoproj/argo-workflows/v4)
jobset_version=$(module_version jobset sigs.k8s.io/jobset)

part kubernetes "$go $(hash_of "$here"/go/kubernetes/{go.mod,go.sum,*/*.go})" kubernetes "$kubernetes_version"
part argo "$go $(hash_of "$here"/go/argo/go.{mod,sum})" argo "$argo_version"
part jobset "$go $(hash_of "$here"/go/jobset/go.{mod,sum})" jobset
part root "$suite $debian" root_folder "$suite"
packer=$(hash_of "$here/image.py")
part control_images "$packer $(hash_of "$cluster"/stamps/{kubernetes,argo,jobset})" control_images
part tools "$packer $suite $debian ${ETLC:+$(hash_of "$ETLC")}" tools
part installations "$argo_version $jobset_version $(hash_of "$here"/installations/*)" installations
say "everything is in $cluster ($(du -sh "$cluster" | cut -f1))"
