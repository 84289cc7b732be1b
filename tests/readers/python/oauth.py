"""Gets tokens and records with requests_oauthlib, as the Splunk REST input and Vulture do, and prints the ids
of the records that each way gets, as JSON.

Arguments: the address of the API, the id and the secret of a client.
"""

import json
import os
import sys
import time

# The emulated cloud speaks plain HTTP.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

BASE, CLIENT, SECRET = sys.argv[1:4]
TOKEN_URL = BASE + "/common/oauth2/token"
PARAMS = {"ago": "PT2H"}
HEADERS = {"Accept-Encoding": "identity"}


def ids(session):
    answer = session.get(BASE + "/api/alerts", params=PARAMS, headers=HEADERS)
    answer.raise_for_status()
    return [record["FullId"] for record in answer.json()]


def new_session(**more):
    session = OAuth2Session(**more)
    session.trust_env = False
    return session


def in_the_form():
    """Vulture, which needs `expires_on`."""
    session = new_session(client=BackendApplicationClient(client_id=CLIENT))
    token = session.fetch_token(TOKEN_URL, client_secret=SECRET, include_client_id=True, resource="x")
    assert int(token["expires_on"]) > time.time(), token.keys()
    return ids(session)


def basic():
    session = new_session(client=BackendApplicationClient(client_id=CLIENT))
    session.fetch_token(TOKEN_URL, auth=HTTPBasicAuth(CLIENT, SECRET))
    return ids(session)


def refreshed():
    """The Splunk REST input: a token that is said to have expired is refreshed before it is used."""
    client = {"client_id": CLIENT, "client_secret": SECRET}
    session = new_session(client=BackendApplicationClient(client_id=CLIENT, scope=["offline_access"]))
    token = session.fetch_token(TOKEN_URL, client_secret=SECRET, include_client_id=True)
    updates = []
    for _ in range(3):
        token = dict(token) | {"expires_at": time.time() - 1, "expires_in": "-1"}
        session = new_session(client_id=CLIENT, token=token, auto_refresh_url=TOKEN_URL,
                              auto_refresh_kwargs=client, token_updater=updates.append)
        found = ids(session)
        token = updates[-1]
    assert len(updates) == 3 and len({update["refresh_token"] for update in updates}) > 0
    return found


print(json.dumps({way.__name__: way() for way in (in_the_form, basic, refreshed)}))
