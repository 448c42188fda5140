def run(job_input):
    secrets = job_input.get_all_secrets()
    host = secrets["ftp-host"]
    user = secrets.get("ftp-user")
    if "ftp-key" not in secrets:
        raise ValueError(user, host)
    port = job_input.get_all_secrets()["ftp-port"]
    new = {"rotated": port, **secrets}
    copy = dict(job_input.get_all_properties() or {})
    copy["seen"] = copy.pop("unseen", None)
    job_input.set_all_properties(copy)
    job_input.set_all_secrets({**secrets, "ftp-password": "x"})
    return new["not-known"]
