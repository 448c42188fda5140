# What the tests of vdk-core require of secrets and properties while a job runs.
VALUES = 1, 3.14, -0.0, 2**70, "text", "ünïcode", r"r\aw", "", None, True, {}, {"a": [1, None]}, ["b"]
REFUSED = {" blank": "v"}, {"two words": "v"}, {1234: "v"}, {"k": object()}, {"k": bytearray()}


def check(get, get_all, set_all):
    assert get("missing") is None
    assert get("missing", "default") == "default"
    for key in ("words", "123", "a.dot", "a_underscore", "a-dash"):
        set_all({key: "value"})
        assert get_all() == {key: "value"}
    for value in VALUES:
        set_all({"key": value})
        assert repr(get("key")) == repr(value), value
        assert get("key", "default") == value
    for refused in REFUSED:
        try:
            set_all(refused)
        except Exception:
            continue
        raise AssertionError(refused)
    assert get_all() == {"key": ["b"]}
    set_all({"key1": "value1", "key2": {}})
    assert get_all() == {"key1": "value1", "key2": {}}


def run(job_input):
    check(job_input.get_secret, job_input.get_all_secrets, job_input.set_all_secrets)
    check(job_input.get_property, job_input.get_all_properties, job_input.set_all_properties)
