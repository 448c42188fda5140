"""Makes a round trip with the client that openapi-python-client generated: the service's URL and an API
token are its arguments, and the package `generated` is in the working folder."""

import sys

from generated import AuthenticatedClient, Client
from generated.api.access import grant_access, list_access, revoke_access, token
from generated.api.secrets import read_secrets, roll_back_secrets, versions_secrets, write_secrets
from generated.models import Error, GranteeKind, GrantType, KeyValues, NewGrant, Role, TokenForm

url, api_token = sys.argv[1:]
form = TokenForm(grant_type=GrantType.REFRESH_TOKEN, refresh_token=api_token)
access = token.sync(client=Client(base_url=url), body=form)
client = AuthenticatedClient(base_url=url, token=access.access_token)
job = {"client": client, "team": "t 1", "job": "j", "deployment": "TODO"}

values = {"password": "geheim ☃", "number": 1.5, "nested": {"list": [None, True]}}
written = write_secrets.sync_detailed(**job, body=KeyValues.from_dict(values))
assert (written.status_code, written.headers["etag"]) == (202, '"1"'), written
assert write_secrets.sync_detailed(**job, body=KeyValues.from_dict({}), if_match='"1"').status_code == 202
refused = write_secrets.sync_detailed(**job, body=KeyValues.from_dict({}), if_match='"1"')
assert refused.status_code == 412 and isinstance(refused.parsed, Error), refused
assert read_secrets.sync(**job, version=1).to_dict() == values
assert roll_back_secrets.sync_detailed(**job, version=1).status_code == 202
assert read_secrets.sync(**job).to_dict() == values

versions = versions_secrets.sync(**job).versions
assert [(one.version, one.who) for one in versions] == [(3, "ana"), (2, "ana"), (1, "ana")], versions
assert versions[1].changes.removed == list(values), versions

of_bob = {"client": client, "team": "t 1", "kind": GranteeKind.USER, "name": "bob"}
assert grant_access.sync_detailed(**of_bob, body=NewGrant(role=Role.READER)).status_code == 204
grants = list_access.sync(client=client, team="t 1").grants
assert [(one.kind, one.name, one.role) for one in grants] == [(GranteeKind.USER, "bob", Role.READER)], grants
assert revoke_access.sync_detailed(**of_bob).status_code == 204
assert list_access.sync(client=client, team="t 1").grants == []
