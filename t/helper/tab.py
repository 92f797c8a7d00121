#!/usr/bin/env python3
"""tab.py SHELL FILE LINE: what an interactive shell makes of a line and a TAB.

The shell (bash, zsh or fish) runs on a terminal of its own and reads FILE
first. Prints the line as it stands after the TAB."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

SHOW = {
    "bash": 'bind -x \'"\\C-x\\C-l": printf "%s" "$READLINE_LINE" >tab.part'
            " && mv tab.part tab.line'\n",
    "zsh": "tab_show () { print -rn -- \"$BUFFER\" >tab.part && "
           "command mv tab.part tab.line }\n"
           "zle -N tab_show; bindkey '^X^L' tab_show\n",
    "fish": "bind \\cx\\cl 'commandline >tab.part; and mv tab.part tab.line'\n",
}
START = {
    "bash": ["bash", "--noprofile", "--rcfile", "tab.rc", "-i"],
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "-i", "--private", "-C", "source tab.rc"],
}
SECONDS = 60


def drain(fd, seconds):
    """Read what the shell prints, so that it does not wait for us."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                os.read(fd, 65536)
            except OSError:
                return


def wait_for(fd, name, seconds):
    """Whether the shell has made the file by then."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.path.exists(name):
            return True
        drain(fd, 0.05)
    return False


def ask(fd, line):
    """Type the line and a TAB, once more where the shell lost it."""
    if not wait_for(fd, "tab.ready", SECONDS):
        return None
    for _ in range(6):
        drain(fd, 0.3)
        os.write(fd, b"\x15" + line.encode() + b"\t\x18\x0c")
        if wait_for(fd, "tab.line", SECONDS / 6):
            with open("tab.line", encoding="utf-8") as f:
                return f.read().rstrip("\n")
    return None


def main(shell, rc, line):
    """Start the shell and print what became of the line."""
    for name in ("tab.ready", "tab.line"):
        if os.path.exists(name):
            os.remove(name)
    with open(rc, encoding="utf-8") as f:
        text = f.read()
    for name in ("tab.rc", ".zshrc"):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text + SHOW[shell] + "echo >tab.ready\n")
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="vt100", ZDOTDIR=os.getcwd())
        os.execvp(START[shell][0], START[shell])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    made = ask(fd, line)
    os.close(fd)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    if made is None:
        sys.exit("tab.py: the shell did not answer")
    print(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
