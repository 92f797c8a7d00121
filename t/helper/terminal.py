#!/usr/bin/env python3
"""Run a command on a terminal of its own and answer its questions.

	terminal.py ANSWER... -- COMMAND [ARG...]

Each line that ends in "] " or ": " and waits is answered by the next
ANSWER. The terminal's text goes to stdout; the exit status is the command's.
TERMINAL_STDIN, TERMINAL_STDOUT and TERMINAL_STDERR name files that stand in
for the terminal there.
"""
import os
import pty
import select
import sys

split = sys.argv.index("--")
answers, command = sys.argv[1:split], sys.argv[split + 1:]
pid, fd = pty.fork()
if pid == 0:
    for number, name, flags in (
            (0, "TERMINAL_STDIN", os.O_RDONLY),
            (1, "TERMINAL_STDOUT", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (2, "TERMINAL_STDERR", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        if name in os.environ:
            os.dup2(os.open(os.environ[name], flags, 0o666), number)
    os.execvp(command[0], command)
tail = b""
while True:
    ready, _, _ = select.select([fd], [], [], 60)
    if not ready:
        sys.stdout.write("\nterminal.py: no answer left for this question\n")
        os.kill(pid, 15)
        break
    try:
        text = os.read(fd, 4096)
    except OSError:
        break
    if not text:
        break
    sys.stdout.buffer.write(text.replace(b"\r", b""))
    sys.stdout.buffer.flush()
    tail = (tail + text)[-64:]
    if tail.endswith((b"] ", b": ")) and answers:
        os.write(fd, answers.pop(0).encode() + b"\n")
        tail = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
