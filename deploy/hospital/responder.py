"""The hospital's other systems, as the shipped activities call them (workflows-lua/handoffs/lib/hospital.lua): one small HTTP
server that answers from a hash of what is asked about, so that every run is alike, and keeps what it was told by its idempotency key.
"""

import hashlib
import http.server
import json
import socketserver
import threading
import urllib.parse

# What everybody here takes at home.
HOME_LIST = [
    {"code": "860975", "name": "metformin", "dose": "500 mg twice a day"},
    {"code": "314076", "name": "lisinopril", "dose": "10 mg a day"},
    {"code": "1364435", "name": "apixaban", "dose": "5 mg twice a day"},
]


def share(*names):
    """A number from 0 to 255 that is always the same for the same names."""
    return hashlib.sha256("/".join(names).encode()).digest()[0]


class Hospital:
    """What the other systems know, and what they were told. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = {}   # By idempotency key: the same request again gets the same answer, and has no second effect.
        self.told = {}      # By path: how many different requests.
        self.repeated = 0
        self.promises = []  # Acknowledgements to come: {"instance", "signal", "after_minutes"}.
        self.orders = []    # Of results that were pending at a discharge.

    @staticmethod
    def active_orders(encounter):
        """The list from home, but for one stay in four."""
        kind = share("orders", encounter)
        if kind < 40:
            return HOME_LIST[1:]
        if kind < 64:
            return [{**HOME_LIST[0], "dose": "1000 mg twice a day"}] + HOME_LIST[1:]
        return HOME_LIST

    def get(self, path):
        kind, what = path[:2], path[2] if len(path) > 2 else ""
        if kind == ["pharmacy", "home-list"]:
            return HOME_LIST
        if kind == ["ehr", "active-orders"]:
            return self.active_orders(what)
        if kind == ["ehr", "pending-results"]:
            if share("results", what) >= 24:
                return []
            return [{"order": "LAB-" + what[:8], "name": "blood culture", "ordered_by": "attending"}]
        if kind == ["ehr", "discharge-summary"]:
            if share("summary", what) >= 32:
                return {"complete": True, "missing": []}
            return {"complete": False, "missing": ["hospital course"]}
        return None

    def post(self, path, key, body):
        with self.lock:
            if key and key in self.answers:
                self.repeated += 1
                return self.answers[key]
            name = "/" + "/".join(path)
            self.told[name] = self.told.get(name, 0) + 1
            answer = self._new_answer(body)
            if key:
                self.answers[key] = answer
            return answer

    def _new_answer(self, body):
        """Most recipients acknowledge at once, some hours later by a signal, and a few never: those have to be called."""
        signal = body.get("acknowledge_by_signal")
        luck = share("acknowledged", str(body.get("id")))
        if not signal or luck >= 64:
            return {"acknowledged": True}
        if luck >= 12:
            self.promises.append({"instance": body["instance"], "signal": signal, "after_minutes": 30 + luck * 5})
        return {"acknowledged": False}

    def take_promises(self):
        with self.lock:
            taken, self.promises = self.promises, []
            return taken

    def effects(self):
        with self.lock:
            return dict(self.told), self.repeated


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hospital = None  # Set by Responder.

    def _answer(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _path(self):
        return [urllib.parse.unquote(part) for part in self.path.split("?")[0].split("/") if part]

    def do_GET(self):
        value = self.hospital.get(self._path())
        if value is None:
            self._answer(404, {"message": "no such thing here"})
        else:
            self._answer(200, value)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        self._answer(200, self.hospital.post(self._path(), self.headers.get("idempotency-key"), body))

    def log_message(self, *_):
        pass


class Responder(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves a Hospital on a free loopback port, in threads of its own, until close()."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hospital, handler=Handler):
        super().__init__(("127.0.0.1", 0), type("BoundHandler", (handler,), {"hospital": hospital}))
        self.port = self.server_address[1]
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # A peer that was killed while it asked: part of the game.

    def close(self):
        self.shutdown()
        self.server_close()
