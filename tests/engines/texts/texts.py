"""Any text, hard ones first, and a workspace that has one in every place of a spec that reaches a container."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

# What the layers on the way read as theirs.
PIECES = [
    "$", "$$", "$(", "$(HOME)", "$(ETLC_RUN_ID)", "$$(X)", "${", "${run.id}", "$${", "$(ETLC_LB)", ")",
    "{", "{{", "{{{", "}", "}}", "}}}", "{{=", "{{= 1 + 1 }}", "{{workflow.uid}}", "{{ workflow.name }}", "{{inputs.parameters.x}}", "{{item}}",
    "{{tasks.a.outputs.result}}", "{{=sprig.env('HOME')}}", "{{workflow.missing}}", "{{retries}}", "{{pod.name}}",
    "{%", "%}", "{% raw %}", "{% endraw %}", "{#", "#}", "{{ ds }}", "{{ params }}", "#", "##", "%", "%s", "%(a)s",
    "'", '"', "'''", '"""', "\\", "\\n", "\\x41", "\\u0041", "`", "`id`", ";", "&", "|", "<", ">", "*", "?", "!", "~",
    "\n", "\n\n", "\r", "\r\n", "\t", " ", "  ", "\x0b", "\x0c", "\x07", "\x08", "\x1b", "\x01",
    "---", "\n---\n", "\n...\n", "- a: b", "a: b # c", ": ", " #", "&a", "*a", "!a", "@a", "[a]", "yes", "on", "y", "~", "null", "1e3", "012", "1_000",
    "12:30:00", "2025-01-01", ".inf", "=", "<<", "run.sh", ".sh", ".bash", ".sql", ".json", "-n", "--",
    "\u00a0", "\u2028", "\u2029", "\ufeff", "\u202e", "é", "e\u0301", "ß", "ｅ", "日本", "😀", "🦀", "\ud7ff", "\ue000", "\U000e0001", "\U0010fffd",
]
# What manifests are not given: a way of applying them loses it, and etlc refuses it.
LOST = re.compile("[\x7f-\x9f\ufffe\uffff]")
LOST_PIECES = ["\x7f", "\x80", "\x85", "\x9f", "\ufffe", "\uffff"]
# What Argo evaluates before a run starts: refused as a default, and docs/spec.md says not to pass it.
EVALUATED = re.compile(r"\{\{[\s{]*(=|workflow\.parameters)")


def text(of: random.Random, lost: bool) -> str:
    """Any text but one with a zero character: pieces, and characters of any plane."""
    out = []
    for _ in range(of.choice([0, 1, 1, 2, 3, 5, 8])):
        kind = of.random()
        if kind < 0.75:
            out.append(of.choice(PIECES))
        elif kind < 0.85 and lost:
            out.append(of.choice(LOST_PIECES))
        elif kind < 0.92:
            out.append("".join(of.choice("abc {}$\\'\"\n") for _ in range(of.randrange(8))))
        else:
            out.append(chr(of.choice([of.randrange(1, 0xD800), of.randrange(0xE000, 0x10000), of.randrange(0x10000, 0x110000)])))
    made = "".join(out)
    return made if lost else LOST.sub("", made)


def given(of: random.Random, lost: bool) -> str:
    """A text that a run may be given."""
    while EVALUATED.search(made := text(of, lost)):
        pass
    return made


def scalar(value: str, *, templates: bool = True, references: bool = True) -> str:
    """A text as an author writes it, in double quotes: nothing in it is a template or a run-time value."""
    if references:
        value = value.replace("${", "$${")
    if templates:
        value = re.sub(r"\{(?=[{%#])(.)", lambda found: "{{ '{" + found[1] + "' }}", value)
    plain = lambda c: " " <= c <= "~" and c not in '"\\'  # noqa: E731
    return '"' + "".join(c if plain(c) else f"\\U{ord(c):08x}" for c in value) + '"'


@dataclass
class Step:
    """What a step is to get, in order; a text with the name of a param or value in it is `(before, name, after)`."""

    command: list[str] = field(default_factory=list)
    args: list[object] = field(default_factory=list)
    env: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Texts:
    """One pipeline."""

    defaults: dict[str, str]
    values: dict[str, str]
    steps: dict[str, Step]

    def wanted(self, mixed: object, params: dict[str, str]) -> str:
        if isinstance(mixed, str):
            return mixed
        before, name, after = mixed
        return before + (self.values[name] if name in self.values else params[name]) + after


def make(of: random.Random, steps: int, lost: bool) -> Texts:
    defaults = {f"p{n}": given(of, lost) for n in range(4)}
    # A value loses one newline at its end, and says nothing of characters that Argo's own JSON cannot hold.
    values = {f"v{n}": given(of, lost) + "." for n in range(3)}
    made = Texts(defaults, values, {})
    names = [*defaults, *values]
    any_text = lambda: text(of, lost)  # noqa: E731
    # `$${` is the way to write `${`, so no `$` can stand right before a reference.
    mixed = lambda: any_text() if of.random() < 0.6 else (any_text().rstrip("$"), of.choice(names), any_text())  # noqa: E731
    for n in range(steps):
        made.steps[f"s{n}"] = Step(
            [any_text() for _ in range(2)],
            [mixed() for _ in range(5)],
            {f"T{m}": mixed() for m in range(4)},
            {f"f{n}.txt": any_text().encode(), f"f{n}.bin": of.randbytes(of.randrange(40))},
        )
    return made


def write(texts: Texts, name: str, folder: Path, printer: Path) -> None:
    """Writes the pipeline. `giver` hands over the values."""
    folder.mkdir(parents=True)
    lines = ["version: 1", f"pipeline: {name}", "owner: data", "params:"]
    lines += [f"  {param}: {{type: string, default: {scalar(value, references=False)}}}" for param, value in texts.defaults.items()]
    lines += ["steps:", "  giver:", "    kind: container", "    image: texts:1", f"    command: [python3, {json.dumps(str(printer))}]", "    outputs:"]
    lines += [f"      {value}: {{value: text}}" for value in texts.values]

    def spelled(mixed: object) -> str:
        if isinstance(mixed, str):
            return scalar(mixed)
        before, named, after = mixed
        reference = f"steps.giver.outputs.{named}" if named in texts.values else f"params.{named}"
        return scalar(before)[:-1] + "${" + reference + "}" + scalar(after)[1:]

    for step, of in texts.steps.items():
        lines += [f"  {step}:", "    kind: container", "    image: texts:1", "    after: [giver]", "    command:"]
        lines += [f"    - {spelled(word)}" for word in ["python3", str(printer), *of.command]]
        lines += ["    args:", *(f"    - {spelled(word)}" for word in of.args), "    env:"]
        lines += [f"      {variable}: {spelled(value)}" for variable, value in of.env.items()]
        lines += [f"    files: [{', '.join(of.files)}]"]
        for path, content in of.files.items():
            (folder / path).write_bytes(content)
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
