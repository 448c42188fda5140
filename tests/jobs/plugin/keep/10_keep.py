def run(job_input):
    for get_all, set_all in (
        (job_input.get_all_secrets, job_input.set_all_secrets),
        (job_input.get_all_properties, job_input.set_all_properties),
    ):
        set_all({**get_all(), "template": job_input.get_arguments()["value"]})
