import os
import signal
import subprocess


def stores():
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "vdk-native"], stdout=subprocess.PIPE)
    return [int(pid) for pid in found.stdout.split()]


def run(job_input):
    secrets = job_input.get_all_secrets()
    (pid,) = stores()
    os.kill(pid, signal.SIGKILL)
    while " Z " not in open(f"/proc/{pid}/stat").read():
        pass
    secrets["after"] = "the kill"
    job_input.set_all_secrets(secrets)
    (now,) = stores()
    assert now != pid
