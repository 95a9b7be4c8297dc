"""Runs Baton with a hospital around it. `deploy/quickstart` builds Baton and then calls this."""

import argparse
import datetime
import json
import os
import shutil
import sys
import tempfile
import time

from . import demo_users, morning, summary
from .api import Api, ApiError, NoAnswer
from .clock import VirtualClock
from .day import Day
from .people import People
from .responder import Hospital, Responder
from .server import Server, ServerDied, end_on_terminate
from .stream import read_stream

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STREAMS = os.path.join(ROOT, "tests", "data", "streams")


def read_arguments():
    parser = argparse.ArgumentParser(prog="deploy/quickstart", description="Builds Baton and runs a hospital's stream through it.")
    parser.add_argument("--stream", help="messages, one JSON object a line (default: the 730 messages of tests/data/streams)")
    parser.add_argument("--expected", help="what each encounter should come to, one JSON object a line")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON, and nothing else")
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end, with its store in ./baton-data, and a morning in it "
                                                            "whose tasks wait for you (on a terminal it does so anyway, with a store in a temporary folder)")
    parser.add_argument("--end", action="store_true", help="end the server on a terminal, too")
    parser.add_argument("--demo-users", action="store_true", help="say who may sign in as whom, with passwords for a day; implies --keep")
    parser.add_argument("--port", type=int, default=0, help="port of the HTTP API (default: a free one)")
    parser.add_argument("--baton", default=os.path.join(ROOT, "build", "baton"), help="the program")
    arguments = parser.parse_args()
    arguments.keep = arguments.keep or arguments.demo_users
    arguments.stay = arguments.keep or (sys.stdout.isatty() and not arguments.json and not arguments.end)
    if arguments.stream is None:
        arguments.stream = os.path.join(STREAMS, "adt_stream.jsonl")
        arguments.expected = arguments.expected or os.path.join(STREAMS, "adt_expected.jsonl")
    return arguments


class Progress:
    """One line that changes on a terminal; a line now and then in a file."""

    def __init__(self, silent):
        self.silent = silent
        self.terminal = sys.stderr.isatty()
        self.last = 0.0

    def __call__(self, text):
        now = time.monotonic()
        if self.silent or now - self.last < (0.1 if self.terminal else 2):
            return
        self.last = now
        sys.stderr.write(f"\r\x1b[K  {text}" if self.terminal else f"  {text}\n")
        sys.stderr.flush()

    def end(self):
        if self.terminal and not self.silent:
            sys.stderr.write("\r\x1b[K")


def settings(responder, first):
    return (f'virtual_clock = "{first.strftime("%Y-%m-%dT%H:%M:%SZ")}"\n'
            f'[settings.hospital]\nendpoint = "http://127.0.0.1:{responder.port}"\n')


def people_key(api):
    """The simulated people decide through a front that signs them in itself: it may speak for them, and do nothing else."""
    return api.post("/v1/keys", {"name": "simulated-people", "roles": ["front"], "expires_in": "1d"})["key"]


def play(server, hospital, stream, progress):
    api = Api(server.ports["http"], server.key)
    people = People(api, Api(server.ports["http"], people_key(api)))
    clock = VirtualClock(api)
    began_at = clock.now
    day = Day(api, server.ports["mllp"], clock, people, hospital, progress)
    began = time.perf_counter()
    day.send_all(stream.messages)
    day.live_to_the_end(lambda: sum(1 for _ in api.pages("/v1/instances", status="running")))
    progress.end()
    day.days_lived = (clock.now - began_at).days
    return summary.collect(api, stream, day, people, hospital, time.perf_counter() - began), day


def say_where(server, folder, passwords):
    """Where the console is, and who may sign in there."""
    print(demo_users.as_text(passwords))
    print(f"\nOpen  http://127.0.0.1:{server.ports['http']}/  and sign in as one of them. Begin as nurse.ann: claim a ride home in her unit, and decide.\n"
          f"A morning has begun: 48 people came in, tasks wait and some are late, potassium is alarming in two, a desk did not answer, one case is on hold.\n"
          f"The clock stands still. The server goes on (process {server.process.pid}), its store is in {folder}.\n"
          f"  build/baton ls --client {server.data}/client.toml\n  kill {server.process.pid}")


def main():
    arguments = read_arguments()
    try:
        stream = read_stream(arguments.stream, arguments.expected)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    folder = os.path.abspath("baton-data") if arguments.keep else tempfile.mkdtemp(prefix="baton-quickstart-")
    if arguments.keep:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    hospital = Hospital()
    responder = Responder(hospital)
    first = stream.messages[0].at - datetime.timedelta(days=1)
    server = Server(arguments.baton, os.path.join(folder, "store"), settings(responder, first), port=arguments.port)
    finished = False
    end_on_terminate()
    try:
        server.start()
        if not arguments.json:
            print(f"Baton listens on http://127.0.0.1:{server.ports['http']} (API) and 127.0.0.1:{server.ports['mllp']} (MLLP).")
            print(f"A hospital sends {len(stream.messages)} messages, {stream.messages[0].at:%Y-%m-%d} to {stream.messages[-1].at:%Y-%m-%d}.", flush=True)
        found, day = play(server, hospital, stream, Progress(arguments.json))
        if arguments.stay:
            morning.play(day, stream.messages)
        finished = True
    except (ServerDied, ApiError, NoAnswer, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        print(f"the server's last words, from {server.log}:\n{server.last_words()}", file=sys.stderr)
        return 1
    finally:
        if not (arguments.stay and finished):
            server.stop()
        responder.close()
        if finished and not arguments.stay:
            shutil.rmtree(folder, ignore_errors=True)
    good = summary.ok(found)
    print(json.dumps({"ok": good, **found}, indent=2) if arguments.json else summary.as_text(found))
    if arguments.stay:
        server.keep()
        passwords = demo_users.add(Api(server.ports["http"], server.key))
        if not arguments.json:
            say_where(server, folder, passwords)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
