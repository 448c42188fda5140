def run(job_input):
    secrets, properties = job_input.get_all_secrets(), job_input.get_all_properties()
    job_input.execute_template("keep", {"value": "kept"})
    # From copies that are older than what the template wrote.
    secrets["job"] = properties["job"] = "set"
    job_input.set_all_secrets(secrets)
    job_input.set_all_properties(properties)
