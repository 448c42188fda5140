import os
import time


def run(job_input):
    arguments = job_input.get_arguments()
    key, folder, jobs = arguments["key"], arguments["folder"], arguments["jobs"]
    secrets, properties = job_input.get_all_secrets(), job_input.get_all_properties()
    # Every job has read before the first one writes.
    open(os.path.join(folder, key), "w").close()
    while len(os.listdir(folder)) < jobs:
        time.sleep(0.01)
    secrets[key] = properties[key] = key
    job_input.set_all_secrets(secrets)
    job_input.set_all_properties(properties)
