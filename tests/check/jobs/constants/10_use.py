import common.names as names
from common import names as same
from common.names import DB_USER, Keys, Tokens
from config import *

LOCAL = "local-key"


def run(job_input):
    job_input.get_secret(DB_USER)
    job_input.get_secret(names.DB_PASSWORD)
    job_input.get_secret(f"{same.PREFIX}-user")
    job_input.get_property(Keys.HOST)
    job_input.get_property(Keys.TABLE, "orders")
    job_input.get_secret(Tokens.UPLOAD.value)
    job_input.get_property(BATCH, 100)
    job_input.get_property(REGIONS["eu"])
    key = LOCAL if DB_USER else "other-key"
    job_input.get_property(key)
