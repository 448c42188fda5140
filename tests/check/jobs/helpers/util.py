def get_value(job_input, key: str, default_value=None):
    value = job_input.get_property(key, default_value)
    value = job_input.get_secret(key, value)
    return job_input.get_arguments().get(key, value)


def set_property(job_input, key, value):
    properties = job_input.get_all_properties()
    properties[key] = value
    job_input.set_all_properties(properties)


def password_of(ji, system, suffix="password"):
    return ji.get_secret(f"{system}-{suffix}")
