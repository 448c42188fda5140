from util import get_value, password_of, set_property


def connect(source):
    def user():
        return source.get_secret("nested-user")

    return user() + get_value(source, key="both-token")


def run(job_input):
    connect(job_input)
    get_value(
        job_input,
        "both-url",
    )
    set_property(job_input, "last_run", 1)
    password_of(job_input, "billing")
    password_of(job_input, "crm", suffix="token")
