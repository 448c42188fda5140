def run(job_input):
    secrets = job_input.get_all_secrets()
    print("secrets:", secrets)
    secrets["token"] = "t0p-s3cret"
    job_input.set_all_secrets(secrets)
    properties = job_input.get_all_properties()
    properties["runs"] = properties.get("runs", 0) + 1
    job_input.set_all_properties(properties)
