"""Builds the wheel (PEP 517): maturin packs the two programs of the root package, and this module gives
them their names in the wheel.

pip installs scripts of all distributions into one folder, where the last one wins. vdk-core has a script
``vdk`` too, so the program becomes ``vdk-native``, and ``vdk`` is a launcher that nothing depends on.
"""

import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import maturin
from maturin import get_requires_for_build_wheel, prepare_metadata_for_build_wheel

__all__ = ["build_wheel", "get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"]

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = ".exe" if sys.platform == "win32" else ""


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds the wheel in a folder, and returns its file name."""
    name = maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
    build, folder = ["cargo", "build"], "release"
    # A release is linked for an older C library: x86_64-unknown-linux-gnu.2.17.
    target = os.environ.get("VDK_ZIG_TARGET")
    if target:
        build = ["cargo", "zigbuild", "--target", target]
        folder = f"{target.partition('.')[0]}/release"
    build += ["--release", "--locked", "--package", "vdk-launcher"]
    subprocess.run(build, cwd=ROOT, check=True)
    builds = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    launcher = (builds / folder / f"vdk-launcher{SUFFIX}").read_bytes()
    rename(Path(wheel_directory) / name, launcher)
    return name


def comparable(parts):
    """Returns a list of parts (CycloneDX) without what differs from build to build: number, time and folder."""
    parts = json.loads(parts.replace(str(ROOT).encode(), b"/vdk"))
    parts.pop("serialNumber", None)
    parts["metadata"].pop("timestamp", None)
    return json.dumps(parts, separators=(",", ":")).encode()


def rename(wheel, launcher):
    """Gives the programs in a wheel their names, and makes it the same bytes for the same files."""
    with zipfile.ZipFile(wheel) as packed:
        files = {entry.filename: packed.read(entry) for entry in packed.infolist()}
    (program,) = (name for name in files if name.endswith(f".data/scripts/vdk{SUFFIX}"))
    files[program.replace(f"/vdk{SUFFIX}", f"/vdk-native{SUFFIX}")] = files[program]
    files[program] = launcher
    files.update({name: comparable(text) for name, text in files.items() if "/sboms/" in name})
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    for name in sorted(files):
        if name != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=")
            table.writerow([name, f"sha256={digest.decode()}", len(files[name])])
    table.writerow([record, "", ""])
    files[record] = rows.getvalue().encode()
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        # The list of files comes last, as the format of wheels recommends.
        for name in sorted(files, key=lambda name: (name.endswith("/RECORD"), name)):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if ".data/scripts/" in name else 0o100644) << 16
            packed.writestr(entry, files[name])
    os.replace(part, wheel)
