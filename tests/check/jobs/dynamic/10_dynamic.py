def read(job_input, key):
    return job_input.get_secret(key)


def run(job_input):
    name = job_input.get_arguments()["name"]
    job_input.get_property(name)
    read(job_input, input())
    read(job_input, "known")
    for key, value in job_input.get_all_properties().items():
        print(key, value)
