# job_input.get_secret("in-comment")
"""job_input.get_secret("in-docstring")"""
TEXT = 'job_input.get_secret("in-text")'


class Other:
    def get_secret(self, name):
        return name


def run(job_input):
    get = job_input.get_secret
    get("alias")
    if token := job_input.get_secret("walrus"):
        print(token)
    for name in ("loop-a", "loop-b"):
        job_input.get_secret(name)
    for key, default in [("pair-a", 1), ("pair-b", 2)]:
        job_input.get_property(key, default)
    values = {one: job_input.get_secret(one) for one in ["comp-a", "comp-b"]}
    job_input.get_secret(
        key="key" "word",
    )
    job_input.get_property(name="named", default_value=None)
    args = [dict(password=job_input.get_secret("nested"), values=values)]
    later = lambda: job_input.get_property("lambda")
    Other().get_secret("not-ours")
    for key, name in {"item-key": "item-value"}.items():
        job_input.get_secret(key)
        job_input.get_secret(name)
    for _, name in enumerate(sorted(["listed-a", "listed-b"])):
        job_input.get_property(name)
    keys = ["at-0", "at-1"]
    job_input.get_property(keys[1])
    ji = job_input if values else None
    ji.get_secret("chosen")
    first, second = "first", "second"
    job_input.get_property(first)
    job_input.get_property(str(second))
    return args, later
