def run(job_input):
    properties = job_input.get_all_properties()
    properties["runs"] = properties.get("runs", 0) + 1
    job_input.set_all_properties(properties)
