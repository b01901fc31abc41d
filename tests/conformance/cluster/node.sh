#!/usr/bin/env bash
# The node's first process, in namespaces of its own: starts each part, and ends when one of them ends.
# `up.sh` starts it; when it is killed, the kernel ends all that runs beneath it and takes the mounts and the network away.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export ETLC_CLUSTER_DIR=$1
# shellcheck source=settings.sh
source "$here/settings.sh"

# Everything that the parts write to its usual place lies in the state, and nothing of the machine's own is seen there.
mount --make-rshared /
mount -t tmpfs tmpfs /run
mount --bind "$state/lib" /var/lib
mkdir -p "$state/log/system"
mount --bind "$state/log/system" /var/log

ip link set lo up
ip address add "$service_address/32" dev lo
touch "$state/lib/ready"
until ip link show uplink >/dev/null 2>&1; do sleep 0.05; done
ip address add "$node_address/30" dev uplink
ip link set uplink up
ip route add default via "$host_address"
echo 1 >/proc/sys/net/ipv4/ip_forward

start() { # name, command...
    "${@:2}" >"$state/log/$1" 2>&1 </dev/null &
    parts[$!]=$1
}

import_images() {
    local archive
    until ctr version >/dev/null 2>&1; do sleep 0.2; done
    for archive in "$images"/*.tar; do ctr -n k8s.io images import "$archive" || exit; done
}

declare -A parts=()
start containerd containerd --config "$state/etc/containerd.toml"
start etcd "$programs/etcd" --data-dir /var/lib/etcd --unsafe-no-fsync --log-level warn
start apiserver "$programs/kube-apiserver" \
    --advertise-address "$node_address" --bind-address 0.0.0.0 --secure-port 443 \
    --etcd-servers http://127.0.0.1:2379 --service-cluster-ip-range "$service_network" \
    --tls-cert-file "$state/pki/apiserver.crt" --tls-private-key-file "$state/pki/apiserver.key" \
    --client-ca-file "$state/pki/ca.crt" --token-auth-file "$state/pki/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$state/pki/service-accounts.key" \
    --service-account-signing-key-file "$state/pki/service-accounts.key" \
    --kubelet-client-certificate "$state/pki/kubelet-client.crt" --kubelet-client-key "$state/pki/kubelet-client.key" \
    --kubelet-preferred-address-types InternalIP --enable-aggregator-routing --allow-privileged
import_images >"$state/log/images" 2>&1
start controller-manager "$programs/kube-controller-manager" --kubeconfig "$kubeconfig" --leader-elect=false \
    --root-ca-file "$state/pki/ca.crt" --service-account-private-key-file "$state/pki/service-accounts.key"
start scheduler "$programs/kube-scheduler" --kubeconfig "$kubeconfig" --leader-elect=false
start kubelet "$programs/kubelet" --kubeconfig "$kubeconfig" --config "$state/etc/kubelet.yaml" \
    --hostname-override etlc --node-ip "$node_address"

status=0
wait -n -p ended "${!parts[@]}" || status=$?
echo "${parts[$ended]} ended with exit code $status:"
tail -n 20 "$state/log/${parts[$ended]}"
exit 1
