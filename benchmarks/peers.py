"""Measures `vdk secrets exec` beside programs that also run another with secrets or settings.

The peers read a file on this machine; those that ask a service of their maker are not measured. Needs
npm and cargo, and gets the peers from their registries into target/peers on the first run.
"""

import json
import os
import subprocess
import venv
from processes import RUNS, measure
from servers import PIP, ROOT, VENV, Servers

PEERS = ROOT / "target" / "peers"
DOTENVX = PEERS / "node_modules" / ".bin" / "dotenvx"
SECRETSPEC = PEERS / "bin" / "secretspec"
DOTENV = VENV / "bin" / "dotenv"


def get_peers():
    run = lambda *words: subprocess.run([str(word) for word in words], check=True, cwd=ROOT)
    if not DOTENVX.exists():
        run("npm", "install", "--silent", "--prefix", PEERS, "@dotenvx/dotenvx@2")
    if not SECRETSPEC.exists():
        run("cargo", "install", "--quiet", "--locked", "--root", PEERS, "secretspec@0.21")
    if not DOTENV.exists():
        venv.create(VENV, with_pip=True)
        run(*PIP, "-r", ROOT / "tests" / "python" / "dotenv.txt", "click")


def compare(vdk):
    """Prints the table."""
    get_peers()
    keys = {f"KEY_{n}": f"value {n}" for n in range(20)}
    with Servers() as servers:
        folder = servers.folder
        environment = {
            "HOME": str(folder), "PATH": os.environ["PATH"], "VDK_CREDENTIAL_STORE": "file",
            "VDK_CONTROL_SERVICE_REST_API_URL": "local",
        }
        job = [str(vdk), "secrets", "-n", "j", "-t", "t"]
        subprocess.run([*job, "--overwrite-all", "-"], env=environment, input=json.dumps(keys), text=True,
                       check=True, stderr=subprocess.DEVNULL)
        file, project = folder / ".env", folder / "secretspec.toml"
        file.write_text("".join(f"{key}='{value}'\n" for key, value in keys.items()))
        project.write_text('[project]\nname = "j"\nrevision = "1.0"\n[profiles.default]\n' + "".join(
            f'{key} = {{ description = "a key" }}\n' for key in keys))
        spec = [str(SECRETSPEC), "-f", str(project), "run", "--provider", f"dotenv:{file}"]
        results = measure({
            "vdk secrets exec -- true, local": ([*job, "exec", "--", "true"], environment),
            "secretspec run -- true": ([*spec, "--", "/bin/true"], environment),
            "python-dotenv: dotenv run true": (
                [str(DOTENV), "-f", str(file), "run", "/bin/true"], environment),
            "dotenvx run -- true": ([str(DOTENVX), "run", "-f", str(file), "--", "/bin/true"], environment),
        })
    ours = next(iter(results.values()))[0]
    print("| command | ms | MiB | beside |\n|---|---:|---:|---|")
    for name, (spent, memory) in results.items():
        print(f"| {name} | {spent:.2f} | {memory:.1f} | {spent / ours:.1f} of vdk |")
    print(f"\nmedians of {RUNS} runs in turn, {os.cpu_count()} cores")
