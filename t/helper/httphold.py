"""Clients of HTTP that curl cannot be: many that wait, or one that is slow.

httphold.py poll HOST PORT PATH N SECONDS [TOKEN]
	N requests at once, of which no answer is read; after that time all go.
httphold.py slow HOST PORT PATH TOKEN FILE
	the head of a request, whose body is sent once FILE exists; prints the
	answer.
"""

import os
import socket
import sys
import time


def head(path, host, token, more=""):
    auth = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{auth}{more}\r\n".encode()


def poll(host, port, path, n, seconds, token=None):
    open_ = []
    for _ in range(int(n)):
        s = socket.create_connection((host, int(port)), timeout=5)
        s.sendall(head(path, f"{host}:{port}", token))
        open_.append(s)
    print("sent", flush=True)
    time.sleep(float(seconds))


def slow(host, port, path, token, file):
    s = socket.create_connection((host, int(port)), timeout=30)
    s.sendall(head(path, f"{host}:{port}", token,
                   "Content-Length: 2\r\nConnection: close\r\n"))
    print("sent", flush=True)
    for _ in range(600):  # a test that failed leaves nobody behind
        if os.path.exists(file):
            break
        time.sleep(0.1)
    s.sendall(b"xx")
    while data := s.recv(65536):
        sys.stdout.write(data.decode())


{"poll": poll, "slow": slow}[sys.argv[1]](*sys.argv[2:])
