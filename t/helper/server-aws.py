#!/usr/bin/env python3
"""A server that speaks as AWS Secrets Manager and AWS KMS do, for tests.

Written from Amazon's public API references and from the description of Signature
Version 4, which it checks for real: the whole canonical request, the date, the
key and the token of a session. It keeps everything in memory.

    server-aws.py DIR

serves 127.0.0.1 on a free port and writes it to DIR/port; a line for each
request goes to DIR/log: target, status. Files in DIR/on switch failures on:

    throttle    ThrottlingException for so many requests as the file says
    busy        503 for all
    session     the token of the session that must be there
    expired     the session is over
    forbidden   AccessDeniedException for the target in the file
    malformed   answers are cut off in the middle
    page        at most so many entries on a page of a list
    other       another version than the one that was asked for
    says        lines "TARGET STATUS JSON" with the next answers to requests for
                it; those behind "always" stay
"""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import secrets
import sys
import threading
import time
import urllib.parse

DIR = sys.argv[1]
KEYS = {"AKIDTEST": "test/secret+key"}
REGION = "eu-central-1"
WRAPPING = secrets.token_bytes(32)
SECRETS = {}  # name: {"versions": {id: binary}, "current", "deleted"}


def switch(name):
    try:
        with open(os.path.join(DIR, "on", name)) as f:
            return f.read().strip() or "on"
    except FileNotFoundError:
        return None


def said(target):
    """The answer that a line of the switch says: (status, JSON), or None."""
    path = os.path.join(DIR, "on", "says")
    lines = [l.strip() for l in (switch("says") or "").splitlines() if " " in l]
    for n, line in enumerate(lines):
        words = line.removeprefix("always ")
        name, status, reply = words.split(" ", 2)
        if target.endswith(name):
            if words == line:
                with open(path, "w") as f:
                    f.write("".join(l + "\n" for l in lines[:n] + lines[n + 1:]))
            return int(status), json.loads(reply)
    return None


def now():
    set_to = os.environ.get("GIT_VAULT_TEST_TIME")
    return int(set_to) if set_to else time.time()


class Failure(Exception):
    def __init__(self, name, status=400):
        super().__init__(name)
        self.name, self.status = name, status


# ---- signatures -------------------------------------------------------------

def hmac_of(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical(command, path, headers, signed, body):
    path, _, query = path.partition("?")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    query = "&".join("%s=%s" % (urllib.parse.quote(k, safe="-_.~"),
                                urllib.parse.quote(v, safe="-_.~"))
                     for k, v in pairs)
    lines = "".join("%s:%s\n" % (h, " ".join(headers[h].split()))
                    for h in signed)
    return "\n".join([command, path, query, lines, ";".join(signed),
                      hashlib.sha256(body).hexdigest()])


def check_signature(command, path, headers, body):
    value = headers.get("authorization", "")
    if not value.startswith("AWS4-HMAC-SHA256 "):
        raise Failure("MissingAuthenticationTokenException")
    part = dict(p.strip().split("=", 1)
                for p in value.split(" ", 1)[1].split(","))
    key_id, day, region, service, end = part["Credential"].split("/")
    date = headers.get("x-amz-date", "")
    signed = part["SignedHeaders"].split(";")
    want = "kms" if headers["x-amz-target"].startswith("Trent") \
        else "secretsmanager"
    if key_id not in KEYS:
        raise Failure("UnrecognizedClientException")
    if (region, service, end) != (REGION, want, "aws4_request") or \
            not date.startswith(day) or signed != sorted(signed) or \
            not {"host", "x-amz-date", "x-amz-target"} <= set(signed):
        raise Failure("IncompleteSignature")
    at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(
        tzinfo=datetime.timezone.utc).timestamp()
    if abs(at - now()) > 900:
        raise Failure("InvalidSignatureException")
    if switch("session") and "x-amz-security-token" not in signed:
        raise Failure("UnrecognizedClientException")
    text = canonical(command, path, headers, signed, body)
    scope = "/".join([day, region, service, end])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                         hashlib.sha256(text.encode()).hexdigest()])
    key = ("AWS4" + KEYS[key_id]).encode()
    for step in (day, region, service, end):
        key = hmac_of(key, step)
    if hmac_of(key, to_sign).hex() != part["Signature"]:
        raise Failure("InvalidSignatureException")
    if switch("expired"):
        raise Failure("ExpiredTokenException")
    if switch("session") and \
            headers["x-amz-security-token"] != switch("session"):
        raise Failure("UnrecognizedClientException")


# ---- Secrets Manager --------------------------------------------------------

def named(body, also_deleted=False):
    secret = SECRETS.get(body["SecretId"])
    if secret is None:
        raise Failure("ResourceNotFoundException")
    if secret["deleted"] and not also_deleted:
        raise Failure("InvalidRequestException")
    return secret


def put(secret, body):
    raw = base64.b64decode(body["SecretBinary"], validate=True)
    if not 1 <= len(raw) <= 65536:
        raise Failure("ValidationException")
    token = body["ClientRequestToken"]
    if not 32 <= len(token) <= 64:
        raise Failure("InvalidParameterException")
    secret["versions"][token] = body["SecretBinary"]
    secret["current"] = token
    return {"VersionId": token}


def create(body):
    if body["Name"] in SECRETS:
        named({"SecretId": body["Name"]})
        raise Failure("ResourceExistsException")
    if not all(c.isalnum() or c in "/_+=.@-" for c in body["Name"]):
        raise Failure("ValidationException")
    secret = {"versions": {}, "current": "", "deleted": False}
    reply = put(secret, body)
    SECRETS[body["Name"]] = secret
    return dict(reply, Name=body["Name"])


def get(body):
    secret = named(body)
    version = body.get("VersionId", secret["current"])
    if version not in secret["versions"]:
        raise Failure("ResourceNotFoundException")
    return {"VersionId": "x" * 32 if switch("other") else version,
            "SecretBinary": secret["versions"][version]}


def delete(body):
    named(body)["deleted"] = True
    return {"DeletionDate": now() + 30 * 86400}


def restore(body):
    named(body, True)["deleted"] = False
    return {}


def list_secrets(body):
    prefixes = [v.lower() for f in body.get("Filters", [])
                for v in f["Values"]] or [""]
    names = [n for n in sorted(SECRETS) if not SECRETS[n]["deleted"] and
             any(n.lower().startswith(p) for p in prefixes)]
    begin = int(body.get("NextToken", "0"))
    most = min(body.get("MaxResults", 100), int(switch("page") or 100))
    reply = {"SecretList": [{"Name": n} for n in names[begin:begin + most]]}
    if begin + most < len(names):
        reply["NextToken"] = str(begin + most)
    return reply


# ---- KMS --------------------------------------------------------------------

def key_of(body):
    if body["KeyId"] not in ("alias/team", "alias/other"):
        raise Failure("NotFoundException")
    return body["KeyId"].encode()


def pad(key, nonce, data):
    stream = hashlib.shake_256(WRAPPING + key + nonce).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream))


def encrypt(body):
    key, data = key_of(body), base64.b64decode(body["Plaintext"])
    if not 1 <= len(data) <= 4096:
        raise Failure("ValidationException")
    nonce = secrets.token_bytes(12)
    sealed = nonce + pad(key, nonce, data)
    tag = hmac.new(WRAPPING, key + sealed, hashlib.sha256).digest()
    return {"CiphertextBlob": base64.b64encode(tag + sealed).decode()}


def decrypt(body):
    key, raw = key_of(body), base64.b64decode(body["CiphertextBlob"])
    tag, sealed = raw[:32], raw[32:]
    if not hmac.compare_digest(
            tag, hmac.new(WRAPPING, key + sealed, hashlib.sha256).digest()):
        raise Failure("InvalidCiphertextException")
    return {"Plaintext": base64.b64encode(
        pad(key, sealed[:12], sealed[12:])).decode()}


def describe(body):
    key_of(body)
    return {"KeyMetadata": {"KeyId": body["KeyId"], "Enabled": True}}


TARGETS = {
    "secretsmanager.CreateSecret": create,
    "secretsmanager.PutSecretValue": lambda body: put(named(body), body),
    "secretsmanager.GetSecretValue": get,
    "secretsmanager.DeleteSecret": delete,
    "secretsmanager.RestoreSecret": restore,
    "secretsmanager.ListSecrets": list_secrets,
    "TrentService.Encrypt": encrypt,
    "TrentService.Decrypt": decrypt,
    "TrentService.DescribeKey": describe,
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart

    def answer(self, headers, body):
        target = headers.get("x-amz-target", "")
        left = switch("throttle")
        if switch("busy"):
            raise Failure("ServiceUnavailable", 503)
        if left and int(left) > 0:
            with open(os.path.join(DIR, "on", "throttle"), "w") as f:
                f.write(str(int(left) - 1))
            raise Failure("ThrottlingException")
        if target not in TARGETS:
            raise Failure("UnknownOperationException")
        check_signature(self.command, self.path, headers, body)
        if headers.get("content-type") != "application/x-amz-json-1.1":
            raise Failure("SerializationException")
        if target == switch("forbidden"):
            raise Failure("AccessDeniedException")
        return TARGETS[target](json.loads(body))

    def do_POST(self):
        headers = {k.lower(): v for k, v in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        try:
            status, reply = said(headers["x-amz-target"]) or (
                200, self.answer(headers, body))
        except Failure as e:
            status = e.status
            reply = {"__type": "com.amazonaws.test#" + e.name,
                     "message": "see the name"}
        data = json.dumps(reply).encode()
        if switch("malformed"):
            data = data[:len(data) // 2]
        # before the answer, so that who has that finds it
        with open(os.path.join(DIR, "log"), "a") as f:
            f.write("%s %d\n" % (headers.get("x-amz-target"), status))
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def end_with_parent():
    """A script that was killed leaves no server behind."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.makedirs(os.path.join(DIR, "on"), exist_ok=True)
    with open(os.path.join(DIR, "port.new"), "w") as f:
        f.write("%d\n" % server.server_port)
    os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
    server.serve_forever()


main()
