import multiprocessing


def work(job_input, key):
    from vdk.plugin.native import secrets

    secrets(job_input.get_name(), "sales").set({key: key})


def run(job_input):
    job_input.get_all_secrets()
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(job_input, f"f{n}")) for n in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    work(job_input, "parent")
