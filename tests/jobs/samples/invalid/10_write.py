def run(job_input):
    value = {"nan": float("nan"), "large": "x" * (2 << 20)}[job_input.get_arguments()["value"]]
    secrets = job_input.get_all_secrets()
    secrets["k"] = [value]
    job_input.set_all_secrets(secrets)
