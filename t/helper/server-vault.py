#!/usr/bin/env python3
"""A server that speaks the HTTP API of HashiCorp Vault, for tests.

Written from the public API documents (KV version 2, Transit, AppRole, Kubernetes,
tokens, sys/health) and from answers that a real server was seen to give; it is no
part of Vault and keeps everything in memory.

    server-vault.py DIR [CERT KEY]

serves 127.0.0.1 on a free port, with TLS where a certificate is given, and
writes the port to DIR/port. A line for each request goes to DIR/log: method,
path, status. Files in DIR/on switch failures on:

    sealed      503 for all but sys/health, which says so, too
    throttle    429 for so many requests as the file says
    expired     no token is known any more; a login gives one that is
    forbidden   403 for what begins with the path in the file
    readonly    403 for what is written there
    malformed   answers are cut off in the middle
    text        an answer that is no JSON, with status 502
    huge        answers of 64 MiB
    slow        answers come after ten seconds
    redirect    to the address in the file
    other       another version than the one that was asked for
    standby     sys/health says standby where that is not allowed for
    says        lines "METHOD:PATH STATUS JSON" with the next answers to requests
                that begin so; those behind "always" stay
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import ssl
import sys
import threading
import time

DIR = sys.argv[1]
KEY = secrets.token_bytes(32)


def switch(name):
    try:
        with open(os.path.join(DIR, "on", name)) as f:
            return f.read().strip() or "on"
    except FileNotFoundError:
        return None


def said(request):
    """The answer that a line of the switch says: (status, JSON), or None."""
    path = os.path.join(DIR, "on", "says")
    lines = [l.strip() for l in (switch("says") or "").splitlines() if " " in l]
    for n, line in enumerate(lines):
        words = line.removeprefix("always ")
        name, status, reply = words.split(" ", 2)
        if request.startswith(name):
            if words == line:
                with open(path, "w") as f:
                    f.write("".join(l + "\n" for l in lines[:n] + lines[n + 1:]))
            return int(status), json.loads(reply)
    return None


class Vault:
    def __init__(self):
        self.kv = {}  # path: list of versions
        self.logged_in = set()
        self.renewed = False

    def token_ok(self, token):
        if switch("expired"):
            return token in self.logged_in
        return token == "test-token" or token in self.logged_in

    def login(self):
        token = "hvs." + secrets.token_hex(12)
        self.logged_in.add(token)
        return 200, {"auth": {"client_token": token, "lease_duration": 3600,
                              "renewable": True}}


VAULT = Vault()


def errors(status, *texts):
    return status, {"errors": list(texts)}


def denied():
    return errors(403, "1 error occurred:\n\t* permission denied\n\n")


def metadata(v, n):
    return {"version": n, "created_time": "2026-01-01T00:00:00Z",
            "deletion_time": v["deleted"], "destroyed": v["destroyed"],
            "custom_metadata": None}


def read_version(path, query):
    versions = VAULT.kv.get(path)
    n = int(query.get("version", "0")) or len(versions or [])
    if not versions or n > len(versions):
        return errors(404)
    v = versions[n - 1]
    if switch("other"):
        n += 1
    gone = v["deleted"] or v["destroyed"]
    return (404 if gone else 200), {"data": {
        "data": None if gone else v["data"], "metadata": metadata(v, n)}}


def write_version(path, body):
    versions = VAULT.kv.get(path, [])
    cas = body.get("options", {}).get("cas")
    if cas is not None and cas != len(versions):
        return errors(400, "check-and-set parameter did not match the "
                      "current version")
    if not isinstance(body.get("data"), dict):
        return errors(400, "no data provided")
    versions.append({"data": body["data"], "deleted": "",
                     "destroyed": False})
    VAULT.kv[path] = versions
    return 200, {"data": metadata(versions[-1], len(versions))}


def change_versions(verb, path, body):
    for n in body.get("versions", []):
        v = VAULT.kv[path][n - 1]
        if verb == "destroy":
            v["destroyed"], v["data"] = True, None
        elif verb == "delete":
            v["deleted"] = "2026-01-02T00:00:00Z"
        elif verb == "undelete":
            v["deleted"] = ""
    return 204, None


def list_keys(path):
    path = path.rstrip("/") + "/"
    keys = {p[len(path):].split("/")[0] +
            ("/" if "/" in p[len(path):] else "")
            for p in VAULT.kv if p.startswith(path)}
    return (200, {"data": {"keys": sorted(keys)}}) if keys else errors(404)


def kv(method, rest, query, body):
    verb, _, path = rest.partition("/")
    if verb == "metadata" and (method == "LIST" or
                               query.get("list") == "true"):
        return list_keys(path)
    if verb == "data" and method == "GET":
        return read_version(path, query)
    if verb == "data" and method in ("POST", "PUT"):
        return write_version(path, body)
    if verb == "data" and method == "DELETE":
        if path in VAULT.kv:
            VAULT.kv[path][-1]["deleted"] = "2026-01-02T00:00:00Z"
        return 204, None
    if verb in ("delete", "destroy", "undelete"):
        return change_versions(verb, path, body)
    return 404, {"errors": [], "warnings": [
        "Invalid path for a versioned K/V secrets engine."]}


def mask(name, nonce, data):
    out = b""
    for i in range(0, len(data), 32):
        pad = hmac.new(KEY, name.encode() + nonce + bytes([i // 32 % 256]),
                       hashlib.sha256).digest()
        out += bytes(a ^ b for a, b in zip(data[i:i + 32], pad))
    return out


def transit(rest, body):
    verb, _, name = rest.partition("/")
    if name not in ("team", "other"):
        return errors(400, "encryption key not found")
    if verb == "encrypt":
        plain = base64.b64decode(body["plaintext"], validate=True)
        nonce = secrets.token_bytes(12)
        sealed = nonce + mask(name, nonce, plain)
        tag = hmac.new(KEY, name.encode() + sealed, hashlib.sha256).digest()
        return 200, {"data": {"ciphertext": "vault:v1:" + base64.b64encode(
            tag + sealed).decode(), "key_version": 1}}
    text = body["ciphertext"]
    try:
        raw = base64.b64decode(text[len("vault:v1:"):], validate=True)
    except ValueError:
        return errors(400, "invalid ciphertext: could not decode base64")
    tag, sealed = raw[:32], raw[32:]
    if not hmac.compare_digest(tag, hmac.new(
            KEY, name.encode() + sealed, hashlib.sha256).digest()):
        return errors(400, "cipher: message authentication failed")
    plain = mask(name, sealed[:12], sealed[12:])
    return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


def auth(method, path, body, token):
    if path == "auth/approle/login" and method == "POST":
        if (body.get("role_id"), body.get("secret_id")) == ("role", "s3cr3t"):
            return VAULT.login()
        return errors(400, "invalid role or secret ID")
    if path == "auth/kubernetes/login" and method == "POST":
        if (body.get("role"), body.get("jwt")) == ("ci", "pod-token"):
            return VAULT.login()
        return denied()
    if not VAULT.token_ok(token):
        return denied()
    if path == "auth/token/lookup-self":
        return 200, {"data": {"ttl": 1000, "creation_ttl":
                              1800 if VAULT.renewed else 3600,
                              "renewable": True}}
    if path == "auth/token/renew-self":
        VAULT.renewed = True
        return 200, {"auth": {"lease_duration": 3600}}
    return errors(404, "no handler for route")


def health(query):
    status = 200
    if switch("sealed"):
        status = 503
    elif switch("standby") and query.get("standbyok") != "true":
        status = 429
    return status, {"initialized": True, "sealed": status == 503,
                    "standby": False, "version": "1.15.2"}


def answer(method, path, query, body, headers):
    token = headers.get("X-Vault-Token", "")
    if path == "sys/health":
        return health(query)
    if switch("sealed"):
        return errors(503, "Vault is sealed")
    if headers.get("X-Vault-Request") != "true":
        return errors(412, "missing X-Vault-Request")
    if path.startswith("auth/"):
        return auth(method, path, body, token)
    if not VAULT.token_ok(token):
        return denied()
    if switch("forbidden") and path.startswith(switch("forbidden")):
        return denied()
    if switch("readonly") and method != "GET" and \
            path.startswith(switch("readonly")):
        return denied()
    mount, _, rest = path.partition("/")
    if mount == "secret":
        return kv(method, rest, query, body)
    if mount == "transit":
        return transit(rest, body)
    return errors(404, "no handler for route \"%s\". route entry not found."
                  % path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written apart

    def handle_any(self):
        n = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(n)
        path, _, args = self.path.partition("?")
        query = dict(a.partition("=")[::2] for a in args.split("&") if a)
        path = re.sub("%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), path)
        extra = {}
        left = switch("throttle")
        if not path.startswith("/v1/"):
            status, reply = 404, {"errors": []}
        elif left and int(left) > 0:
            with open(os.path.join(DIR, "on", "throttle"), "w") as f:
                f.write(str(int(left) - 1))
            status, reply = errors(429, "rate limit exceeded")
            extra["Retry-After"] = "0"
        elif switch("redirect"):
            status, reply = 307, None
            extra["Location"] = switch("redirect")
        else:
            status, reply = said(self.command + ":" + path[4:]) or answer(
                self.command, path[4:], query, json.loads(raw) if raw else {},
                self.headers)
        # before the answer, so that who has that finds it
        with open(os.path.join(DIR, "log"), "a") as f:
            f.write("%s %s %d\n" % (self.command, self.path, status))
        self.send(status, reply, extra)

    def send(self, status, reply, extra):
        data = b"" if reply is None else json.dumps(reply).encode()
        if switch("slow"):
            time.sleep(10)
        if switch("malformed"):
            data = data[:len(data) // 2]
        if switch("huge"):
            data = b'{"data":"' + b"a" * (64 << 20) + b'"}'
        if switch("text"):
            status, data = 502, b"<html>Bad Gateway</html>"
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = handle_any

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
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=end_with_parent, daemon=True).start()
    os.makedirs(os.path.join(DIR, "on"), exist_ok=True)
    with open(os.path.join(DIR, "port.new"), "w") as f:
        f.write("%d\n" % server.server_port)
    os.rename(os.path.join(DIR, "port.new"), os.path.join(DIR, "port"))
    server.serve_forever()


main()
