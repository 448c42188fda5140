import os
import subprocess
import threading

from vdk.plugin.native import secrets


def run(job_input):
    job = secrets(job_input.get_name(), "sales")
    failed = []

    def work(n):
        try:
            for turn in range(5):
                job.set({f"t{n}": turn})
                assert job.get(f"t{n}") == turn
                assert isinstance(job_input.get_all_secrets(), dict)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "vdk-native"], stdout=subprocess.PIPE)
    assert len(found.stdout.split()) == 1, found.stdout
