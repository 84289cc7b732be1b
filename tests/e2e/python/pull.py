"""Asks the served API as each product of docs/pull.md is told to, with the documents that are on
the page, and prints the ids of the records that each one gets, as JSON.

Arguments: the page, the address of the API, the id and the secret of a client.
"""

import base64
import configparser
import io
import json
import re
import sys
import types
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta, timezone

import yaml

PAGE, BASE, CLIENT, SECRET = sys.argv[1:5]
SECRET_PLACES = {"CLIENT-ID": CLIENT, "CLIENT-SECRET": SECRET, "${CLIENT_SECRET}": SECRET,
                 "[[parameters('clientSecret')]": SECRET}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def block(name):
    """A document of the page."""
    text = open(PAGE, encoding="utf-8").read()
    found = re.search(rf"<!-- pull: {name} -->\n```\w+\n(.*?)\n```", text, re.S)
    return found.group(1) + "\n"


def given(text):
    """A setting, with what its reader puts there."""
    for place, value in SECRET_PLACES.items():
        text = text.replace(place, value)
    return text


def send(method, url, headers, body=None):
    """The status, the headers and the body of an answer."""
    assert url.startswith("https://YOUR-HOST/"), url
    url = BASE + url.removeprefix("https://YOUR-HOST")
    headers = {"Accept-Encoding": "identity"} | headers
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with DIRECT.open(request, timeout=60) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def token(url, form, headers=None):
    """The answer of the token endpoint to a form."""
    form = urllib.parse.urlencode(form).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, answer = send("POST", url, kind | (headers or {}), form)
    assert status == 200, (status, answer)
    return answer


def get(url, params, bearer):
    """The headers and the records of an answer."""
    headers = {"Authorization": "Bearer " + bearer}
    status, headers, records = send("GET", url + "?" + urllib.parse.urlencode(params), headers)
    assert status == 200, (status, records)
    return headers, records


def ids(records):
    return [record.get("FullId") or record.get("id") or record["event"]["id"] for record in records]


def go_oauth2(oauth2):
    """As golang.org/x/oauth2 has it, which Elastic and Sumo Logic are built with: HTTP Basic first, and
    the form where that is refused."""
    name, secret = given(oauth2["client.id"]), given(oauth2["client.secret"])
    basic = base64.b64encode(f"{urllib.parse.quote_plus(name)}:{urllib.parse.quote_plus(secret)}".encode())
    form = {"grant_type": "client_credentials"}
    answer = token(oauth2["token_url"], form, {"Authorization": "Basic " + basic.decode()})
    assert int(answer["expires_in"]) > 0 and answer["token_type"] == "Bearer"
    in_form = token(oauth2["token_url"], form | {"client_id": name, "client_secret": secret})
    return in_form["access_token"]


def elastic_cel():
    """The program is Elastic's to run; what it says is done here."""
    [cel] = yaml.safe_load(block("elastic-cel"))["filebeat.inputs"]
    program = cel["program"]
    for part in ['"cursor": [state.?cursor', 'resp.Header["Drawbridge-Cursor"][0]',
                 '"want_more": has(resp.Header.Link)', '"ago": ["PT24H"]']:
        assert part in program, part
    assert program.count("(") == program.count(")") and program.count("{") == program.count("}")
    bearer, cursor, found, pages = go_oauth2(cel["auth.oauth2"]), "", [], 0
    while True:
        headers, records = get(cel["resource.url"], {"cursor": cursor, "ago": "PT24H"}, bearer)
        cursor, pages = headers["Drawbridge-Cursor"], pages + 1
        found += records
        if not headers["Link"]:
            assert pages > 1, "the test has more than a page"
            return ids(found)


def elastic_httpjson():
    [httpjson] = yaml.safe_load(block("elastic-httpjson"))["filebeat.inputs"]
    transforms = [transform["set"] for transform in httpjson["request.transforms"]]
    last = httpjson["cursor"]["last"]["value"]
    header = re.fullmatch(r'\[\[\.last_response\.header\.Get "(.*)"]]', last).group(1)
    bearer, cursor, found = go_oauth2(httpjson["auth.oauth2"]), None, []
    for _ in range(4):
        params = {}
        for transform in transforms:
            name = transform["target"].removeprefix("url.params.")
            value = transform["value"]
            if value == "[[.cursor.last]]":
                value = transform["default"] if cursor is None else cursor
            params[name] = value
        headers, records = get(httpjson["request.url"], params, bearer)
        cursor = headers[header]
        found += records
    return ids(found)


def splunk():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(block("splunk-inputs"))
    config = dict(parser["rest://drawbridge"])
    printed = []
    module = types.ModuleType("responsehandlers")
    module.__dict__.update(sys=sys, json=json, print_xml_stream=lambda text, handle: printed.append(text))
    exec(compile(block("splunk-handler"), "responsehandlers.py", "exec"), module.__dict__)
    handler = getattr(module, config["response_handler"])()
    client = {"client_id": given(config["oauth2_client_id"]),
              "client_secret": given(config["oauth2_client_secret"])}
    form = {"grant_type": "client_credentials", "scope": "offline_access"} | client
    tokens = token(config["oauth2_refresh_url"], form)
    request = {"params": dict([config["url_args"].split("=")])}
    for _ in range(4):
        # The library is told that a token lasts five seconds, so that it refreshes at nearly every poll.
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]} | client
        tokens = token(config["oauth2_refresh_url"], form)
        headers, records = get(config["endpoint"], request["params"], tokens["access_token"])
        response = types.SimpleNamespace(headers=headers)
        handler(response, json.dumps(records), config["response_type"], request, config["endpoint"], io.StringIO())
    return ids([json.loads(text) for text in printed])


class Workflow:
    """As much of QRadar's language as the page uses."""

    NAMESPACE = "{http://qradar.ibm.com/UniversalCloudRESTAPI/Workflow/V2}"
    VALUES = "{http://qradar.ibm.com/UniversalCloudRESTAPI/WorkflowParameterValues/V2}"

    def __init__(self, spelling):
        self.spelling, self.posted = spelling, []
        values = ElementTree.fromstring(block("qradar-values").encode())
        assert values.tag == self.VALUES + "WorkflowParameterValues"
        self.state = {value.get("name"): given(value.get("value")) for value in values}
        self.root = ElementTree.fromstring(block("qradar-workflow").encode())
        parameters = {part.get("name") for part in self.root.find(self.NAMESPACE + "Parameters")}
        assert parameters == set(self.state)

    def at(self, path):
        value = self.state
        for part in path.strip("/").split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def text(self, template):
        return re.sub(r"\$\{(/[^}]*)}", lambda found: str(self.at(found.group(1))), template)

    def holds(self, condition):
        path, operator, value = re.fullmatch(r"(\S+) (!=|>) (\w+)", condition).groups()
        counted = re.fullmatch(r"count\((.*)\)", path)
        found = len(self.at(counted.group(1))) if counted else self.at(path)
        value = None if value == "null" else int(value)
        return found > value if operator == ">" else found != value

    def run(self):
        self.do(self.root.find(self.NAMESPACE + "Actions"))

    def do(self, actions):
        done = False
        for action in actions:
            name = action.tag.removeprefix(self.NAMESPACE)
            match name:
                case "Initialize":
                    self.state.setdefault(action.get("path").strip("/"), self.text(action.get("value")))
                case "Set":
                    self.state[action.get("path").strip("/")] = self.text(action.get("value"))
                case "CallEndpoint":
                    self.call(action)
                case "PostEvents":
                    self.posted += self.at(action.get("path"))
                case "Abort":
                    raise AssertionError(self.text(action.get("reason")))
                case "DoWhile":
                    self.do(action)
                    while self.holds(action.get("condition")):
                        self.do(action)
                case "If" | "ElseIf" | "Else":
                    done = done and name != "If"
                    if not done and (name == "Else" or self.holds(action.get("condition"))):
                        self.do(action)
                        done = True
                case other:
                    raise AssertionError(other)

    def call(self, action):
        params, form, headers = {}, None, {}
        for part in action:
            match part.tag.removeprefix(self.NAMESPACE):
                case "BearerAuthentication":
                    headers["Authorization"] = "Bearer " + self.text(part.get("token"))
                case "QueryParameter":
                    value = self.text(part.get("value"))
                    if value or part.get("omitIfEmpty") != "true":
                        params[part.get("name")] = value
                case "UrlEncodedFormRequestBody":
                    form = {value.get("name"): self.text(value.get("value")) for value in part}
                    headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = self.text(action.get("url"))
        url += "?" + urllib.parse.urlencode(params) if params else ""
        body = urllib.parse.urlencode(form).encode() if form else None
        status, headers, body = send(action.get("method"), url, headers, body)
        headers = {self.spelling(name): value for name, value in headers.items()}
        self.state[action.get("savePath").strip("/")] = {"status_code": status, "headers": headers, "body": body}


def qradar():
    """Whichever spelling of a header's name it keeps."""
    found = []
    for spelling in (str.title, str.lower):
        workflow = Workflow(spelling)
        workflow.run()
        # The next recurrence begins where this one ended.
        before = len(workflow.posted)
        workflow.run()
        assert len(workflow.posted) == before
        found.append(ids(workflow.posted))
    assert found[0] == found[1]
    return found[0]


def windows(url, bearer, since, until, minutes):
    """The records of windows without a gap between them, up to now."""
    found, now = [], datetime.now(timezone.utc)
    start = now - timedelta(hours=2)
    while start < now:
        end = min(start + timedelta(minutes=minutes), now)
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (start, end)]
        _, records = get(url, dict(zip((since, until), times)), bearer)
        found += records
        start = end
    return ids(found)


def sentinel():
    connection = json.loads(block("sentinel"))["properties"]
    auth, request = connection["auth"], connection["request"]
    assert connection["response"]["eventsJsonPaths"] == ["$"]
    form = {"grant_type": auth["grantType"], "client_id": given(auth["ClientId"]),
            "client_secret": given(auth["ClientSecret"])}
    bearer = token(auth["tokenEndpoint"], form, auth["tokenEndpointHeaders"])["access_token"]
    names = request["startTimeAttributeName"], request["endTimeAttributeName"]
    return windows(request["apiEndpoint"], bearer, *names, request["queryWindowInMin"])


def sumo():
    config = json.loads(block("sumo"))["source"]["config"]
    oauth2 = {"client.id": config["oauthClientId"], "client.secret": config["oauthClientSecret"],
              "token_url": config["oauthTokenUrl"]}
    names = [param["paramName"] for param in config["requestParams"]]
    for param, edge in zip(config["requestParams"], ("Start", "End")):
        assert param["paramValue"] == f'{{{{ .Window{edge}UTC "2006-01-02T15:04:05Z" }}}}'
    minutes = int(config["progressWindowSize"].removesuffix("m"))
    return windows(config["requestEndpoint"], go_oauth2(oauth2), *names, minutes)


print(json.dumps({product.__name__: product() for product in
                  (elastic_cel, elastic_httpjson, splunk, qradar, sentinel, sumo)}))
