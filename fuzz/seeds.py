#!/usr/bin/env python3
"""Writes the first inputs of every fuzz target, taken from the cases, the error pages, the examples and the built-in files: seeds.py FOLDER."""
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = pathlib.Path(sys.argv[1])
FENCE = re.compile(r"^(`{3,})([^\n]*)\n(.*?)^\1[ \t]*$", re.M | re.S)
MARK = re.compile(r"[ \t]*(?:#|--) (?:error|warning|info)\[[^\n]*")
# What the first byte of `decode` chooses.
FORMATS = {"pipeline": "0", "platform": "1", "workspace": "2", "kind": "3"}


def add(target, text):
    data = text.encode()
    if 0 < len(data) <= 16_384:
        folder = OUT / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def workspaces():
    """Each case as a list of paths and texts."""
    for page in sorted([*ROOT.glob("tests/cases/**/*.md"), *ROOT.glob("docs/errors/*.md")]):
        text = page.read_text()
        head, *sections = re.split(r"^## .*\n", text, flags=re.M)
        for section in sections or [""]:
            files = []
            for _, words, body in FENCE.findall(head + section):
                words = words.split()
                if len(words) == 2 and words[0] not in ("hex", "link", "folder", "out", "plan"):
                    files.append((words[1], MARK.sub("", body)))
            if files:
                yield files
    for example in sorted(ROOT.glob("examples/*/etlc.yaml")):
        folder = example.parent
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "expected" not in path.parts]
        yield [(str(path.relative_to(folder)), path.read_text()) for path in paths if path.suffix in (".yaml", ".sql", ".py", ".j2")]


def single(path, text):
    """A file on its own."""
    name = path.rsplit("/", 1)[-1]
    if name.endswith(".yaml"):
        add("yaml", text)
        for value in re.findall(r"cron: *[\"']?([^\"'\n},]+)", text) + re.findall(r"(?:timeout|delay|cpu|memory): *\"?([0-9.A-Za-z]+)", text):
            add("schedule", value)
        for value in re.findall(r"when: *\"([^\n]*)\"", text) + re.findall(r"when: *'([^\n]*)'", text):
            add("condition", value)
        for value in re.findall(r"[^\n]*\$\{[^\n]*", text):
            add("text", value.strip())
        for value in re.findall(r"\"([^\"\n]*\{[{%#][^\n]*)\"", text):
            add("template", value)
        for key in re.findall(r": ([^\n{\[][^\n]{3,60})$", text, re.M)[:3]:
            add("emit", "{\x01key\x01" + key + "\x01list\x01[\x01" + key + "\\n\x01]\x01}")
    elif name.endswith((".sql", ".j2")):
        add("template", text)
        if name.endswith(".sql"):
            add("sql", chr(int(hashlib.sha1(text.encode()).hexdigest(), 16) % 16) + text)
            add("text", text)
    formats = [name for name in FORMATS if re.search(rf"^{name}:", text, re.M)]
    for name in formats:
        add("decode", FORMATS[name] + text)
    if "kind" in formats and "\nfields:" in text:
        fields = text.split("\nfields:", 1)[1].lstrip(" ")
        block = re.match(r"\n((?: [^\n]*\n|\n)*)", fields)
        schema = block.group(1) if block else fields.split("\n", 1)[0]
        add("kind", schema + "===\nimage: x:1\nargs: [a]\nenv: {A: b}\n")


def main():
    for files in workspaces():
        add("validate", "".join(f"=== {path}\n{text}" for path, text in files))
        platform = [(path.removeprefix("platform/"), text) for path, text in files if path.startswith("platform/")]
        if platform:
            add("platform", "".join(f"=== {path}\n{text}" for path, text in platform))
            packs = {path.split("/")[1] for path, _ in platform if path.startswith("targets/")}
            for pack in packs:
                own = [(path.replace(f"targets/{pack}/", "fuzz/", 1), text) for path, text in platform if path.startswith(f"targets/{pack}/")]
                add("target", "".join(f"=== {path}\n{text.replace(f'target: {pack}', 'target: fuzz')}" for path, text in own))
        for path, text in files:
            single(path, text)
    for kind in sorted(ROOT.glob("templates/kinds/*/*")):
        single(f"platform/kinds/{kind.parent.name}/{kind.name}", kind.read_text())
    for pack in sorted(ROOT.glob("templates/targets/*/target.yaml")):
        name = pack.parent.name
        files = [pack, *sorted(path for path in pack.parent.rglob("*") if path.is_file() and path != pack)]
        texts = [(f"fuzz/{path.relative_to(pack.parent)}", path.read_text()) for path in files]
        add("target", "".join(f"=== {path}\n{text.replace(f'target: {name}', 'target: fuzz')}" for path, text in texts))
    for text in [
        "${run.attempt} == 1", "not (${params.days} >= 7 and ${params.note} != 'a')", "${params.day} < '2026-01-31' or ${params.on} == true",
        "${params.note} in ['a', \"b\"]", "${steps.count.outputs.n ?? 0} == '1'", "${params.part} <= -0.5", "((${params.on} == false))", "${run.date} == ",
    ]:
        add("condition", text)
    for text in ["", "~", "yes", "0o17", "12:30:00", "1e3", " a", "a ", "a\n", "\na", "a: b", "a #b", "é\u2028", "\t", "'\"\\", json.dumps({"a": 1})]:
        add("emit", text)
        add("emit", f"[\x01{text}\x01{{\x01{text}\x01{text}\x01}}\x01#7\x01#t\x01]")


main()
