"""Packs files into a container image, as an archive that `ctr images import` and `docker load` read.

    image.py layer LAYER.tar --root FOLDER
    image.py image IMAGE.tar NAME:TAG [--layer LAYER.tar]... [--file SOURCE:/target]... [--user U] [--entrypoint E]
"""

import argparse
import hashlib
import io
import json
import os
import platform
import tarfile
import tempfile

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def pack_folder(folder, target):
    """Packs a root folder without its devices, which a container runtime makes anew."""

    def keep(member):
        return None if member.ischr() or member.isblk() or member.isfifo() else member

    with tarfile.open(target, "w") as archive:
        for name in sorted(os.listdir(folder)):
            archive.add(os.path.join(folder, name), name, filter=keep)


def pack_files(pairs, target):
    """Packs single programs, and the folder for temporary files that every image has."""
    with tarfile.open(target, "w") as archive:
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
        for pair in pairs:
            source, _, path = pair.rpartition(":")
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = os.path.getsize(source), 0o755
            with open(source, "rb") as content:
                archive.addfile(member, content)


def digest(path):
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def pack_image(target, name, layers, user, entrypoint):
    digests = [digest(layer) for layer in layers]
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": [f"PATH={PATH}"], "User": user, "Entrypoint": [entrypoint] if entrypoint else None},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in digests]},
        "history": [{"created_by": "image.py"} for _ in digests],
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [f"{each}.tar" for each in digests]}]
    with tarfile.open(target + ".new", "w") as archive:
        for file, value in (("config.json", config), ("manifest.json", manifest)):
            text = json.dumps(value).encode()
            member = tarfile.TarInfo(file)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
        for each, layer in zip(digests, layers):
            archive.add(layer, f"{each}.tar")
    os.replace(target + ".new", target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    layer = commands.add_parser("layer")
    layer.add_argument("target")
    layer.add_argument("--root", required=True)
    image = commands.add_parser("image")
    image.add_argument("target")
    image.add_argument("name")
    image.add_argument("--layer", action="append", default=[])
    image.add_argument("--file", action="append", default=[])
    image.add_argument("--user", default="")
    image.add_argument("--entrypoint")
    options = parser.parse_args()
    if options.command == "layer":
        pack_folder(options.root, options.target)
        return
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(options.target))) as folder:
        files = os.path.join(folder, "files.tar")
        pack_files(options.file, files)
        pack_image(options.target, options.name, [*options.layer, files], options.user, options.entrypoint)


if __name__ == "__main__":
    main()
