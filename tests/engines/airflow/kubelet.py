"""What the kubelet does to a container's environment and arguments before it starts the process.

`expand` follows k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go, and `container` follows
makeEnvironment and ExpandContainerCommandAndArgs of the kubelet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FIELD = re.compile(r"metadata\.(annotations|labels)\['(.+)'\]")


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replaces `$(NAME)` by the variable's value and `$$` by `$`; an unknown name stays as it is."""
    out, cursor = [], 0
    while cursor < len(text):
        if text[cursor] != "$" or cursor + 1 == len(text):
            out.append(text[cursor])
            cursor += 1
            continue
        follower = text[cursor + 1]
        closer = text.find(")", cursor + 2) if follower == "(" else -1
        if closer >= 0:
            name = text[cursor + 2 : closer]
            out.append(env.get(name, f"$({name})"))
            cursor = closer + 1
        else:
            out.append("$" if follower == "$" else "$" + follower)
            cursor += 2
    return "".join(out)


def container(pod: dict, name: str, seen: list | None = None) -> dict:
    """The environment, command and args that the process of a container gets. `seen` is told of each text that was expanded.

    What only a cluster knows (secrets, pod IP) is written as `<secret/key>`, so that a test can see where it went.
    """
    spec = next(c for c in pod["spec"]["containers"] if c["name"] == name)
    env: dict[str, str] = {}

    def expanded(text: str) -> str:
        result = expand(text, env)
        if seen is not None:
            seen.append((dict(env), text, result))
        return result

    for entry in spec.get("env", []):
        source = entry.get("valueFrom")
        env[entry["name"]] = from_source(pod, source) if source else expanded(entry.get("value", ""))
    return {
        "env": env,
        "command": [expanded(word) for word in spec.get("command", [])],
        "args": [expanded(word) for word in spec.get("args", [])],
    }


def from_source(pod: dict, source: dict) -> str:
    """The value of `valueFrom`; it is not expanded."""
    if field := source.get("fieldRef"):
        path = field["fieldPath"]
        if match := FIELD.fullmatch(path):
            # A missing annotation or label is an empty text, not an error.
            return pod["metadata"].get(match[1], {}).get(match[2], "")
        return f"<{path}>"
    (what,) = source.values()
    return f"<{what.get('name', what.get('resource'))}/{what.get('key', '')}>"
