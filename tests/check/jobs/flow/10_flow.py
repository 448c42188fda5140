import asyncio


class Context:
    def __init__(self, job_input):
        self.input = job_input


async def load(context: Context):
    return context.input.get_secret("through-object")


def typed(source: "IJobInput"):
    match source.get_property("matched"):
        case {"a": found}:
            return found
        case _:
            return source.get_property("unmatched")


def run(job_input):
    try:
        asyncio.run(load(Context(job_input)))
    except ValueError as error:
        job_input.get_property("in-except", error)
    with open("f") as file:
        job_input.get_secret("in-with", file)
    ji = job_input
    assert ji.get_secret("asserted"), "missing"
    return [typed(ji)] * int(ji.get_property("count"))
