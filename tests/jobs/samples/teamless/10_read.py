def run(job_input):
    print("secrets:", job_input.get_all_secrets())
