import logging

log = logging.getLogger(__name__)


def run(job_input):
    secret = job_input.get_secret("token")
    log.warning("dsn %s", secret)
    log.warning("all %s", {"token": secret})
    raise ValueError(f"cannot log in with {secret}")
