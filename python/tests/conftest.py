"""Runs the package against a stand-in for the program, without vdk-core and network."""

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from vdk.plugin.native import program


class Service:
    """What the stand-in stores, which requests it got, and how it fails."""

    def __init__(self, folder):
        self.folder = folder

    def fail(self, *faults):
        (self.folder / "faults").write_text("".join(f"{fault}\n" for fault in faults))

    def requests(self):
        path = self.folder / "requests"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line)["request"] for line in lines]

    def once_asked(self, count, act):
        """Calls `act` in a thread once there were `count` requests."""

        def wait():
            while len(self.requests()) < count:
                time.sleep(0.005)
            act()

        threading.Thread(target=wait, daemon=True).start()

    def go_on(self):
        """Lets slow requests go on."""
        (self.folder / "go").touch()

    def processes(self):
        lines = (self.folder / "requests").read_text().splitlines()
        return [json.loads(line)["pid"] for line in lines]

    def _path(self, kind):
        return self.folder / f"{kind}-sales-ingest.json"

    def stored(self, kind="secrets"):
        return json.loads(self._path(kind).read_text())["document"]

    def store(self, document, kind="secrets"):
        text = document if isinstance(document, str) else json.dumps(document)
        self._path(kind).write_text('{"document": ' + text + ', "version": 1}')


@pytest.fixture
def service(tmp_path, monkeypatch):
    path = tmp_path / "vdk-native"
    stand_in = Path(__file__).with_name("stand_in.py")
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{stand_in}" "$@"\n')
    path.chmod(0o755)
    folder = tmp_path / "store"
    folder.mkdir()
    monkeypatch.setenv("VDK_NATIVE_PROGRAM", str(path))
    monkeypatch.setenv("STAND_IN_FOLDER", str(folder))
    monkeypatch.setenv("VDK_CONTROL_SERVICE_REST_API_URL", "local")
    monkeypatch.delenv("VDK_TEAM", raising=False)
    made = Service(folder)
    yield made
    made.go_on()
    program._close()
    program.configure({})
    assert os.path.exists(folder)
