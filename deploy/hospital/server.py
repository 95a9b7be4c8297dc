"""A Baton server as a child process: started on free ports, known by the port file that it writes, stopped or killed."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time


class ServerDied(Exception):
    pass


def end_on_terminate():
    """For main programs: a SIGTERM ends them as an exception would, so that their servers end as well."""
    def end(_number, _frame):
        sys.exit(143)
    signal.signal(signal.SIGTERM, end)


class Server:
    """`settings` is the configuration beside data and addresses, as TOML text. The log goes to a file beside the data."""

    def __init__(self, binary, data, settings="", wrap=(), port=0):
        self.binary = binary
        self.data = data
        self.settings = settings
        self.log = data.rstrip("/") + ".log"
        self.wrap = list(wrap)  # A program that runs the server, such as strace.
        self.port = port        # Of the HTTP API; 0 takes a free one.
        self.ports = {}
        self.key = None         # This machine's API key, from client.toml beside the store.
        self.process = None
        atexit.register(self.kill)

    def keep(self):
        """Lets it live on when this program ends."""
        atexit.unregister(self.kill)

    def _write_configuration(self, port_file):
        path = self.data.rstrip("/") + ".toml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'data = "{self.data}"\nport_file = "{port_file}"\n'
                       f'http.listen = "127.0.0.1:{self.port}"\nhttp.tls = false\nmllp.listen = "127.0.0.1:0"\n{self.settings}')
        return path

    def start(self, timeout=180):
        """Starts it and waits until it listens. Raises ServerDied when it ends first."""
        port_file = self.data.rstrip("/") + ".ports"
        if os.path.exists(port_file):
            os.remove(port_file)
        command = self.wrap + [self.binary, "serve", "--config", self._write_configuration(port_file)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.ports = self._read_ports(port_file)
            if self.ports:
                self.key = self._read_key()
                return self
            if self.process.poll() is not None:
                raise ServerDied(f"the server ended with {self.process.returncode}:\n{self.last_words()}")
            time.sleep(0.005)
        self.kill()
        raise ServerDied(f"the server did not listen within {timeout} s:\n{self.last_words()}")

    @staticmethod
    def _read_ports(path):
        try:
            with open(path, encoding="utf-8") as file:
                ports = json.load(file)
                return {name: int(port) for name, port in ports.items()}
        except (OSError, ValueError):
            return {}  # Not there yet, or not whole yet.

    def _read_key(self):
        with open(os.path.join(self.data, "client.toml"), encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition("=")
                if name.strip() == "key":
                    return value.strip().strip("'\"")
        raise ServerDied("client.toml has no key")

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-15:])

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9, to it and what wraps it."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, timeout=60):
        """Asks it to finish. Returns its exit code; kills it when it takes too long."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode if self.process else None
