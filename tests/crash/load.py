"""Load for the crash tests: clients that start, signal, decide and send messages, and remember what was acknowledged.

Every request carries an identity of its own (instance id, idempotency key, control id). One whose answer never came is sent again after the
restart, as a real client would: it may have happened or not, and must happen once.
"""

import hashlib
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy"))
from hospital.api import Api, ApiError, NoAnswer, quoted  # noqa: E402
from hospital.mllp import MllpClient  # noqa: E402
from people import People  # noqa: E402


class Acknowledged:
    """What Baton said that it has, for ever. Thread-safe through the lock of its owner."""

    def __init__(self):
        self.started = {}    # Instance id -> workflow.
        self.signals = {}    # (instance, message id) -> number.
        self.decisions = {}  # Task id -> (outcome, subject).
        self.messages = {}   # Control id -> (trigger, encounter).
        self.promises = {}   # Instance -> the number that its promise was settled with.
        self.keys = {}       # API key -> True while it is good, False once it was revoked.
        self.claims = {}     # (task id, subject) -> True.
        self.drafts = {}     # (task id, subject, number) -> True.
        self.overrides = {}  # (instance, number) -> True.
        self.alerts = {}     # Alert id -> what it was settled as.
        self.batches = {}    # Batch id -> how many it was begun on.
        self.pauses = {}     # Pause id -> (ward, whether it stands).
        self.leaving = {}    # Encounter -> True: its patient was to be erased, whether or not that was acknowledged.
        self.erasures = {}   # Erasure id -> (encounter, patient).
        self.refused = []    # What should not have been refused.

    def _all(self):
        return [value for value in vars(self).values() if isinstance(value, dict)]

    def count(self):
        return sum(len(known) for known in self._all())

    def add(self, other):
        for mine, theirs in zip(self._all(), other._all()):
            mine.update(theirs)
        self.refused += other.refused


class Request:
    """One thing to be done: `send(api, mllp)` does it, and raises NoAnswer or OSError when nobody knows whether it was done."""

    def __init__(self, send):
        self.send = send


def hl7(control_id, trigger, number, encounter):
    return "\r".join([
        f"MSH|^~\\&|CRASH|TEST|BATON|HUB|20260105120000||ADT^{trigger}|{control_id}|P|2.5.1", f"EVN|{trigger}|20260105120000",
        f"PID|1||P{number}^^^TEST^MR||Test^Patient", "PV1|1|I|W1" + "|" * 16 + encounter, ""])


class Client(threading.Thread):
    """One client, until told to stop or until the server is gone."""

    def __init__(self, name, seed, server, known, lock, stop, most=None):
        super().__init__(name=name, daemon=True)
        self.random = random.Random(seed)
        self.server = server
        self.known = known
        self.lock = lock
        self.stopped = stop
        self.most = most        # Requests before it ends by itself.
        self.in_doubt = []
        self.waiting = []       # Approvals that still lack their signal.
        self.asked = []         # Errands whose promise is still to be settled.
        self.stays = []         # Encounters that still lack their discharge.
        self.left = []          # That have it.
        self.keys = []          # That it has made and not revoked.
        self.number = 0
        self.people = People(self)

    @staticmethod
    def request(send):
        return Request(send)

    def run(self):
        api = Api(self.server.ports["http"], self.server.key, timeout=60)
        mllp = MllpClient(self.server.ports["mllp"], timeout=60)
        done = 0
        while not self.stopped.is_set() and (self.most is None or done < self.most):
            request = self.next_request(api)
            if request is None:
                continue
            try:
                request.send(api, mllp)
                done += 1
            except (NoAnswer, OSError):
                self.in_doubt.append(request)
                break  # The server is gone.
            except ApiError as error:
                with self.lock:
                    self.known.refused.append(str(error))
        api.close()
        mllp.close()

    def next_request(self, api):
        self.number += 1
        if self.random.random() < 0.35:
            return self.people.next(api)
        kind = self.random.random()
        if kind < 0.03:
            return self.revoke_key() if self.keys and kind < 0.01 else self.make_key()
        if kind < 0.06 and self.left:
            return self.erase(self.left.pop(self.random.randrange(len(self.left))))
        if kind < 0.1:
            return self.begin("errand", {})
        if kind < 0.2 and self.asked:
            return self.settle(self.asked.pop(self.random.randrange(len(self.asked))))
        if kind < 0.3:
            return self.begin("chain", {"steps": self.random.randint(1, 4)})
        if kind < 0.5:
            return self.begin("approval", {})
        if kind < 0.65 and self.waiting:
            return self.signal(self.waiting.pop(self.random.randrange(len(self.waiting))))
        if kind < 0.8:
            return self.decide(api)
        if kind < 0.9 and self.stays:
            return self.message("A03", self.stays.pop(self.random.randrange(len(self.stays))))
        encounter = f"{self.name}-E{self.number}"
        self.stays.append(encounter)
        return self.message("A01", encounter)

    def begin(self, workflow, given):
        instance = f"{workflow}-{self.name}-{self.number}"

        def send(api, _mllp):
            api.post("/v1/instances", {"workflow": workflow, "id": instance, "input": given})
            with self.lock:
                self.known.started[instance] = workflow
            if workflow == "approval":
                self.waiting.append(instance)
            if workflow == "errand":
                self.asked.append(instance)
        return Request(send)

    def settle(self, instance):
        number = self.number

        def send(api, _mllp):
            api.post(f"/v1/promises/{instance}.1", {"value": {"number": number}}, headers={"idempotency-key": f"settle-{instance}"})
            with self.lock:
                self.known.promises[instance] = number
        return Request(send)

    def signal(self, instance):
        message_id = f"signal-{self.name}-{self.number}"
        number = self.number

        def send(api, _mllp):
            api.post(f"/v1/instances/{instance}/signals/go", {"number": number}, headers={"idempotency-key": message_id})
            with self.lock:
                self.known.signals[instance, message_id] = number
        return Request(send)

    def decide(self, api):
        try:
            tasks = api.get("/v1/tasks", limit=20)["items"]
        except (NoAnswer, ApiError):
            return None
        if not tasks:
            return None
        task = self.random.choice(tasks)["id"]
        subject = f"person-{self.name}"
        outcome = "yes" if hashlib.sha256((subject + task).encode()).digest()[0] < 128 else "no"  # Asked again, the same answer.

        def send(to, _mllp):
            try:
                to.post(f"/v1/tasks/{quoted(task)}/decide", {"outcome": outcome, "reason": "crash test"},
                        headers={"x-baton-subject": subject, "x-baton-role": "nurse", "idempotency-key": f"decide-{subject}-{task}"})
            except ApiError as error:
                if error.status == 409:  # Somebody else was quicker.
                    return
                if error.status == 403:  # The task is not yet for nurses: it escalates to them when it is due.
                    return
                raise
            with self.lock:
                self.known.decisions[task] = (outcome, subject)
        return Request(send)

    def make_key(self):
        def send(api, _mllp):
            key = api.post("/v1/keys", {"name": f"service-{self.name}", "roles": ["monitor"]})["key"]
            with self.lock:
                self.known.keys[key] = True
            self.keys.append(key)
        return Request(send)

    def revoke_key(self):
        key = self.keys.pop()
        with self.lock:
            del self.known.keys[key]  # Until the answer is there nobody knows.

        def send(api, _mllp):
            api.request("DELETE", "/v1/keys/" + key.split("_")[1])
            with self.lock:
                self.known.keys[key] = False
        return Request(send)

    def erase(self, encounter):
        """Asked for by one person, approved by another. Refused while a case of the patient is open."""
        asked = {}

        def send(api, _mllp):
            with self.lock:
                self.known.leaving[encounter] = True
            if not asked:
                cases = api.get("/v1/instances", workflow="stay", key=encounter)["items"]
                if not cases:
                    return  # The case has not begun yet.
                erasure = api.post("/v1/erasures", {"patient": cases[0]["patient"], "basis": "test", "reason": "crash test"},
                                   headers={"x-baton-subject": "records-1", "idempotency-key": f"erase-{encounter}"})
                asked.update(id=erasure["id"], patient=cases[0]["patient"])
            try:
                api.post(f"/v1/erasures/{asked['id']}/approve", {"reason": "crash test"},
                         headers={"x-baton-subject": "officer-2", "idempotency-key": f"approve-{encounter}"})
            except ApiError as error:
                if error.status != 409:
                    raise
                if api.get("/v1/erasures/" + asked["id"])["erasure"]["state"] == "requested":
                    return  # A case is open still.
            with self.lock:
                self.known.erasures[asked["id"]] = (encounter, asked["patient"])
        return Request(send)

    def message(self, trigger, encounter):
        control_id = f"{trigger}-{encounter}"

        def send(_api, mllp):
            answer = mllp.send(hl7(control_id, trigger, encounter.replace("-", ""), encounter))
            with self.lock:
                if answer.accepted and answer.control_id == control_id:
                    self.known.messages[control_id] = (trigger, encounter)
                    if trigger == "A03":
                        self.left.append(encounter)
                else:
                    self.known.refused.append(f"{control_id}: {answer.text!r}")
        return Request(send)


def settle_doubts(clients, server, known):
    """Sends again, after the restart, what had no answer."""
    api = Api(server.ports["http"], server.key, timeout=60)
    mllp = MllpClient(server.ports["mllp"], timeout=60)
    for client in clients:
        for request in client.in_doubt:
            try:
                request.send(api, mllp)
            except ApiError as error:
                known.refused.append("asked again: " + str(error))
        client.in_doubt = []
    api.close()
    mllp.close()
