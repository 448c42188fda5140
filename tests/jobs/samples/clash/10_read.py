def run(job_input):
    print("wallet:", job_input.get_secret("oracle-wallet"))
