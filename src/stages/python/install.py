"""Installs wheels and source archives by pip, without a network, the same bytes each time.

Runs with the guest's Python in the guest's tree. Standard input is JSON:
  files   what is installed: {name, version, file, sha256, wanted}; the file is FOLDER/SHA256/FILE
  builds  what building the wheel of a source archive takes, by its name: a list of {file, sha256}
  epoch   seconds since 1970 that every file gets as its time
"""
import csv
import hashlib
import importlib.metadata
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

FOLDER = "/run/kiln/python"
WORK = "/tmp/kiln"
COMMON = ["--disable-pip-version-check", "--no-input", "--no-color", "--no-cache-dir", "--no-index"]
INSTALL = ["--no-deps", "--require-hashes", "--no-compile", "--ignore-installed", "--no-warn-script-location"]
INSTALL += ["--break-system-packages", "--root-user-action=ignore"]


def pip(command, *words):
    done = subprocess.run([sys.executable, "-m", "pip", command, *COMMON, *words], stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(done.returncode)


def normal(name):
    return re.sub(r"[-_.]+", "-", name or "").lower()


def place(file):
    return f"{FOLDER}/{file['sha256']}/{file['file']}"


def unpack(archive, folder):
    """Owners of an archive mean nothing here. Returns the one folder in it."""
    os.makedirs(folder)
    if archive.endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
    else:
        with tarfile.open(archive) as file:
            members = file.getmembers()
            for member in members:
                member.uid = member.gid = 0
                member.uname = member.gname = ""
            if hasattr(tarfile, "data_filter"):
                file.extractall(folder, members, filter="data")
            else:
                file.extractall(folder, members)
    names = os.listdir(folder)
    if len(names) != 1:
        sys.exit(f"{os.path.basename(archive)} does not hold one folder")
    return f"{folder}/{names[0]}"


def build(file, parts):
    """The wheel of a source archive, and its digest. It is built at the same place each time: debug data hold that."""
    name = normal(file["name"])
    source = unpack(place(file), f"{WORK}/source/{name}")
    found, target = f"{WORK}/parts/{name}", f"{WORK}/wheels/{name}"
    os.makedirs(found)
    for part in parts:
        if not os.path.lexists(f"{found}/{part['file']}"):
            os.symlink(place(part), f"{found}/{part['file']}")
    print(f"Building {file['name']} {file['version']}", flush=True)
    pip("wheel", "--no-deps", "--use-pep517", f"--find-links={found}", f"--wheel-dir={target}", source)
    wheels = os.listdir(target)
    if len(wheels) != 1:
        sys.exit(f"building {file['name']} gave {len(wheels)} wheels")
    with open(f"{target}/{wheels[0]}", "rb") as wheel:
        return f"{target}/{wheels[0]}", hashlib.sha256(wheel.read()).hexdigest()


def finish(info, wanted, epoch):
    """Bytecode and times that do not depend on the moment; RECORD names what is there. `info` is the dist-info folder."""
    root, name = os.path.split(info)
    with open(f"{info}/RECORD", newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    requested = f"{name}/REQUESTED"
    if not wanted and any(row[0] == requested for row in rows):
        os.unlink(f"{root}/{requested}")
        rows = [row for row in rows if row[0] != requested]
    paths = [os.path.normpath(os.path.join(root, row[0])) for row in rows]
    for path in paths:
        if os.path.lexists(path):
            os.utime(path, (epoch, epoch), follow_symlinks=False)
    for path in paths:
        # Scripts are no modules.
        if not path.endswith(".py") or not path.startswith(f"{root}/"):
            continue
        try:
            made = py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
        except (py_compile.PyCompileError, ValueError, OSError):
            # pip leaves such files alone, too: some are for another Python.
            continue
        os.utime(made, (epoch, epoch))
        rows.append([os.path.relpath(made, root), "", ""])
    with open(f"{info}/RECORD", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(sorted({tuple(row) for row in rows}))
    os.utime(f"{info}/RECORD", (epoch, epoch))


def main():
    asked = json.load(sys.stdin)
    wheels = f"{WORK}/install"
    os.makedirs(wheels)
    lines = []
    for file in asked["files"]:
        if file["file"].endswith(".whl"):
            os.symlink(place(file), f"{wheels}/{file['file']}")
            digest = file["sha256"]
        else:
            path, digest = build(file, asked["builds"].get(file["name"], []))
            shutil.move(path, wheels)
        lines.append(f"{file['name']}=={file['version']} --hash=sha256:{digest}\n")
    with open(f"{WORK}/requirements", "w") as requirements:
        requirements.writelines(lines)
    pip("install", *INSTALL, f"--find-links={wheels}", f"--requirement={WORK}/requirements")
    places = {}
    for distribution in importlib.metadata.distributions():
        # What is first on the path is what counts.
        places.setdefault(normal(distribution.metadata["Name"]), str(distribution._path))
    for file in asked["files"]:
        finish(places[normal(file["name"])], file["wanted"], asked["epoch"])


main()
