"""Makes a round trip with the client that openapi-generator generated: the service's URL and an API token
are its arguments, and the package `openapi_client` is in the working folder."""

import sys

from openapi_client import AccessApi, ApiClient, Configuration, NewGrant, Role, SecretsApi
from openapi_client.exceptions import ApiException
from openapi_client.models import GranteeKind, GrantType

url, api_token = sys.argv[1:]
access = AccessApi(ApiClient(Configuration(host=url))).token(GrantType.REFRESH_TOKEN, api_token)
client = ApiClient(Configuration(host=url, access_token=access.access_token))
secrets, access = SecretsApi(client), AccessApi(client)
job = {"team": "t 1", "job": "j", "deployment": "TODO"}

values = {"password": "geheim ☃", "number": 1.5, "nested": {"list": [None, True]}}
written = secrets.write_secrets_with_http_info(**job, request_body=values)
assert (written.status_code, written.headers["etag"]) == (202, '"1"'), written
secrets.write_secrets(**job, request_body={}, if_match='"1"')
try:
    secrets.write_secrets(**job, request_body={}, if_match='"1"')
    raise AssertionError("the second write with one condition was accepted")
except ApiException as refused:
    assert refused.status == 412 and refused.data.why, refused
assert secrets.read_secrets(**job, version=1) == values
secrets.roll_back_secrets(**job, version=1)
assert secrets.read_secrets(**job) == values

versions = secrets.versions_secrets(**job).versions
assert [(one.version, one.who) for one in versions] == [(3, "ana"), (2, "ana"), (1, "ana")], versions
assert versions[1].changes.removed == list(values), versions

access.grant_access("t 1", GranteeKind.USER, "bob", NewGrant(role=Role.READER))
grants = access.list_access("t 1").grants
assert [(one.kind, one.name, one.role) for one in grants] == [(GranteeKind.USER, "bob", Role.READER)], grants
access.revoke_access("t 1", GranteeKind.USER, "bob")
assert access.list_access("t 1").grants == []
