import requests
from reader import Reader


def run(job_input):
    reader = Reader(job_input, token_key="reader-token")
    headers = {"Authorization": reader.secret("reader-key")}
    requests.get("https://example.org/not-a-key", headers=headers)
    Reader.limit(job_input)
    reader.token()
    reader.state().setdefault("url", {}).get("not-a-property")
