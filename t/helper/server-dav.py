#!/usr/bin/env python3
"""A server of WebDAV that looks and then acts, as most do.

    server-dav.py ROOT

The folder ROOT/v is served, without a password; ROOT/port gets the port, and
ROOT/log a line a request. A file of these names in ROOT/on switches a fault on:
    gate     a MOVE that found no target waits until a second one has found
             none, too, at most the seconds in the file; then both rename, and
             answer
    twice    MKCOL says of a folder that is there that it made it
    taken    MKCOL makes a folder, and says 403, as where another was quicker
    never    MKCOL says 403
    lost     the next MKCOL makes a folder, and says 500
    slash    DELETE removes a folder only by its name with a slash
    bare     … only by its name without one
    put      PUT says the status in the file
    mkcol    MKCOL does, and makes nothing
"""
import http.server
import os
import sys
import threading
from urllib.parse import urlsplit

root = sys.argv[1]
looked = threading.Barrier(2)
renamed = threading.Barrier(2)


def is_on(name):
    return os.path.exists(os.path.join(root, "on", name))


def told(name):
    with open(os.path.join(root, "on", name)) as f:
        return int(f.read())


def meet(barrier):
    try:
        barrier.wait(told("gate"))
    except threading.BrokenBarrierError:
        barrier.reset()


class Dav(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def place(self, url):
        return root + urlsplit(url).path.rstrip("/")

    def answer(self, status, body=b""):
        with open(os.path.join(root, "log"), "a") as log:
            print(self.command, self.path, status, file=log)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.place(self.path)
        if not os.path.isfile(path):
            return self.answer(404)
        with open(path, "rb") as f:
            self.answer(200, f.read())

    do_HEAD = do_GET

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if is_on("put"):
            return self.answer(told("put"))
        try:
            with open(self.place(self.path), "wb") as f:
                f.write(body)
        except FileNotFoundError:
            return self.answer(409)
        self.answer(201)

    def do_DELETE(self):
        path = self.place(self.path)
        if os.path.isdir(path):
            has_slash = self.path.endswith("/")
            if is_on("bare" if has_slash else "slash"):
                return self.answer(404 if has_slash else 409)
            os.rmdir(path)
        elif os.path.exists(path):
            os.unlink(path)
        else:
            return self.answer(404)
        self.answer(204)

    def do_MKCOL(self):
        if is_on("never"):
            return self.answer(403)
        if is_on("mkcol"):
            return self.answer(told("mkcol"))
        try:
            os.mkdir(self.place(self.path))
        except FileExistsError:
            return self.answer(201 if is_on("twice") else 405)
        except FileNotFoundError:
            return self.answer(409)
        if is_on("lost"):
            os.unlink(os.path.join(root, "on", "lost"))
            return self.answer(500)
        self.answer(403 if is_on("taken") else 201)

    def do_MOVE(self):
        to = self.place(self.headers["destination"])
        if os.path.exists(to):
            return self.answer(412)
        if is_on("gate"):
            meet(looked)
        os.rename(self.place(self.path), to)
        if is_on("gate"):
            meet(renamed)
        self.answer(201)


os.makedirs(os.path.join(root, "v"))
os.makedirs(os.path.join(root, "on"))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dav)
with open(os.path.join(root, "port.new"), "w") as f:
    print(server.server_port, file=f)
os.rename(os.path.join(root, "port.new"), os.path.join(root, "port"))
server.serve_forever()
