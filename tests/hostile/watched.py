"""Runs commands one after the other under an audit hook, and tells what each of them touched.

Reads a JSON list of {folder, arguments, roots} on stdin; writes one JSON object a command.
"""

import contextlib
import io
import json
import os
import sys
from functools import partial
from pathlib import Path

from bench.charts import CHARTS
from bench.commands import app
from bench.commands.endings import ending

HOUSE = Path(__file__).parents[2]
STARTING = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile",
    "subprocess.Popen", "pty.spawn", "ctypes.dlopen", "webbrowser.open", "urllib.Request",
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.sendto", "pickle.find_class", "code.__new__",
)  # fmt: skip
SYSTEM = (sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr/lib", "/usr/share/zoneinfo",
          "/etc/localtime", "/dev/null", "/dev/urandom", "/sys/")  # fmt: skip
CHANGING = (
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)


class Said(io.StringIO):
    """What a command says; it may close the descriptor of it."""

    def fileno(self):
        return os.open(os.devnull, os.O_WRONLY)


class Watch:
    """What happens while a command runs; paths outside of `roots` are strays."""

    def __init__(self) -> None:
        self.roots: tuple[str, ...] | None = None
        self.started: list[str] = []
        self.strays: list[str] = []
        self.code: list[str] = []

    def __call__(self, event, arguments):
        if self.roots is None:
            return
        roots, self.roots = self.roots, None  # what the hook itself does is not looked at
        try:
            if event in STARTING and arguments != (None,):  # dlopen of the program itself
                self.started.append(f"{event} {arguments!r}"[:200])
            elif event in ("open", *CHANGING):
                for path in arguments[: 1 if event == "open" else 2]:
                    if isinstance(path, str | bytes | os.PathLike) and path:
                        self.touched(event, os.fsdecode(path), roots)
            elif event == "exec":
                self.ran(arguments[0].co_filename, roots)
            elif event == "compile":
                self.ran(str(arguments[1]), roots)
        finally:
            self.roots = roots

    def touched(self, event, path, roots):
        real = os.path.realpath(path)
        if event in CHANGING:  # changes a link, not what it leads to
            real = f"{os.path.realpath(Path(path).parent)}/{Path(path).name}"
        if not real.startswith((*roots, *SYSTEM, str(HOUSE))):
            self.strays.append(f"{event} {real}")

    def ran(self, name, roots):
        if not name.startswith("<") and os.path.realpath(name).startswith(roots):
            self.code.append(name)


def watch_all(tasks):
    assert CHARTS  # the module was read: it once looks for fonts with another program
    watch = Watch()
    sys.addaudithook(watch)
    for task in tasks:
        os.chdir(task["folder"])
        watch.started, watch.strays, watch.code = [], [], []
        out, err = Said(), Said()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            watch.roots = tuple(task["roots"])
            try:
                status = ending(partial(app, task["arguments"], prog_name="suanli"))
            except Exception as error:
                status = f"{type(error).__name__}: {error}"
            finally:
                watch.roots = None
        yield {
            "status": status, "said": err.getvalue()[-2000:], "out": out.getvalue()[-2000:],
            "started": watch.started, "strays": watch.strays, "code": watch.code,
        }  # fmt: skip


if __name__ == "__main__":
    for told in watch_all(json.load(sys.stdin)):
        print(json.dumps(told), flush=True)
