#!/usr/bin/env bash
# Starts the one-node cluster that `build.sh` has built, with a fresh state, and waits until it can run pods, workflows and job sets.
#
#   eval "$(tests/conformance/cluster/up.sh)"      # sets KUBECONFIG; what happens is told on the error output
#
# The node has namespaces of its own for processes, mounts and the network, all of which end with one process (`down.sh`).
# What it leaves on the machine itself is a link, a route, a group for resources, and files below $ETLC_CLUSTER_DIR/state.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=settings.sh
source "$here/settings.sh"
exec 3>&1 1>&2
kubectl() { "$programs/kubectl" --kubeconfig "$kubeconfig" "$@"; }

((EUID == 0)) || fail "the cluster needs root: containers, mounts and networks are made"
[[ -f $cluster/stamps/installations ]] || fail "run $here/build.sh first"
exec 9>"$cluster/lock"
flock 9
if node_process >/dev/null; then
    say "the cluster is already up"
    echo "export KUBECONFIG=$kubeconfig" >&3
    exit
fi
"$here/down.sh" --unlocked # what a crash may have left
ip link show "$link" >/dev/null 2>&1 && fail "there is already a network link '$link', which is not of this cluster"
for address in "$node_address" "${pod_network%/*}" "$service_address"; do
    ! ip -4 route show match "$address" | grep -qv ^default ||
        fail "this machine already has a route to $address, which the cluster needs for itself"
done

mkdir -p "$state"/{log,lib,etc/cni}
mkdir -m 700 "$state/pki"
install -m 600 /dev/null "$kubeconfig"

# ---- Keys: an authority, and what it says of the API server, its way into the kubelet, and JobSet's webhooks.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=etlc-cluster \
        -keyout "$state/pki/ca.key" -out "$state/pki/ca.crt" 2>/dev/null
}

certificate() { # name, subject, alternative names
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" \
        -keyout "$state/pki/$1.key" -out "$state/pki/$1.csr" 2>/dev/null
    openssl x509 -req -in "$state/pki/$1.csr" -CA "$state/pki/ca.crt" -CAkey "$state/pki/ca.key" -CAcreateserial -days 365 \
        -extfile <(echo "subjectAltName=$3"; echo extendedKeyUsage=serverAuth,clientAuth) -out "$state/pki/$1.crt" 2>/dev/null
}

authority
certificate apiserver /CN=kube-apiserver "IP:$service_address,IP:$node_address,IP:127.0.0.1,DNS:kubernetes.default.svc,DNS:kubernetes.default"
certificate kubelet-client /O=system:masters/CN=kube-apiserver DNS:kube-apiserver
certificate jobset /CN=jobset DNS:jobset-webhook-service.jobset-system.svc
openssl genrsa -out "$state/pki/service-accounts.key" 2048 2>/dev/null
token=$(openssl rand -hex 32)
echo "$token,admin,admin,system:masters" >"$state/pki/tokens.csv"

# ---- Configurations.
cat >"$kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: etlc, cluster: {server: "https://$node_address:443", certificate-authority-data: "$(base64 -w0 "$state/pki/ca.crt")"}}]
users: [{name: admin, user: {token: "$token"}}]
contexts: [{name: etlc, context: {cluster: etlc, user: admin}}]
current-context: etlc
END

cat >"$state/etc/containerd.toml" <<END
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "etlc.test/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/etc/cni"
END

# Pods and the node are on one bridge, so that nothing has to be translated: the node's own address serves `$service_address`.
cat >"$state/etc/cni/10-etlc.conflist" <<END
{"cniVersion": "0.4.0", "name": "etlc", "plugins": [{"type": "bridge", "bridge": "pods", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_network"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END

# Images are never collected: there is nowhere to pull them from again.
cat >"$state/etc/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_address
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $state/pki/ca.crt}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
failSwapOn: false
failCgroupV1: false
makeIPTablesUtilChains: false
localStorageCapacityIsolation: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: ""
END

# ---- The node.
for hierarchy in $(cgroup_hierarchies); do mkdir -p "$hierarchy/$cgroup"; done
setsid unshare --fork --kill-child --mount --mount-proc --pid --net --propagation private \
    bash "$here/node.sh" "$cluster" >"$state/log/node" 2>&1 3>&- 9>&- </dev/null &
echo $! >"$state/pid"
inner=""
for _ in {1..50}; do
    [[ -e $state/lib/ready ]] && inner=$(first_of_node "$(<"$state/pid")") && break
    sleep 0.1
done
[[ -n $inner ]] || fail "the node did not start; $state/log/node says why"
ip link add "$link" type veth peer name uplink netns "$inner"
ip address add "$host_address/30" dev "$link"
ip link set "$link" up
ip route add "$pod_network" via "$node_address"

wait_for() { # seconds, what, command...
    local end=$((SECONDS + $1))
    until "${@:3}" >/dev/null 2>&1; do
        node_process >/dev/null || { tail -n 5 "$state"/log/node >&2; fail "the node ended; $state/log/node says which part did"; }
        ((SECONDS < end)) || fail "$2 is not there after $1 s; look into $state/log"
        sleep 0.5
    done
    say "$2 ($SECONDS s)"
}

api_ready() { kubectl get --raw /readyz; }
node_ready() { kubectl get node | grep -q ' Ready '; }
available() { [[ $(kubectl -n "$1" get deployment "$2" -o 'jsonpath={.status.availableReplicas}') == 1 ]]; }
accepts_jobsets() { kubectl create --dry-run=server -f "$here/installations/probe.yaml"; }

wait_for 120 "the API server answers" api_ready
# Objects first, in one go: what they need appears in the meantime.
{
    kubectl create namespace argo
    kubectl create -f "$manifests/argo.yaml"
    kubectl create -f "$manifests/jobset.yaml"
    kubectl -n jobset-system create secret tls jobset-certificate --cert "$state/pki/jobset.crt" --key "$state/pki/jobset.key"
    for kind in mutating validating; do
        kubectl patch "${kind}webhookconfiguration" "jobset-$kind-webhook-configuration" --type json --patch "[$(for index in 0 1; do
            echo "{\"op\": \"add\", \"path\": \"/webhooks/$index/clientConfig/caBundle\", \"value\": \"$(base64 -w0 "$state/pki/ca.crt")\"}"
        done | paste -sd,)]"
    done
} >"$state/log/installations"
say "Argo and JobSet are installed ($SECONDS s)"
wait_for 120 "the node is ready" node_ready
wait_for 120 "Argo's controller runs" available argo workflow-controller
wait_for 120 "JobSet's controller runs" available jobset-system jobset-controller-manager
wait_for 60 "JobSet's webhooks answer" accepts_jobsets
say "the cluster is up after $SECONDS s; $here/down.sh takes it down"
echo "export KUBECONFIG=$kubeconfig" >&3
