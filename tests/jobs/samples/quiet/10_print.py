def run(job_input):
    print("nothing is read here")
