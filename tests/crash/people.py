"""What people and operators do in the crash tests: they claim tasks, keep drafts, replace decisions, settle alerts, act on many cases at once,
and hold a ward back until further notice."""

import hashlib

from hospital.api import ApiError, NoAnswer, quoted

WARDS = ("W1", "W2", "W3")


def number_of(text):
    """The same small number for the same text, in every run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:3], "big")


class People:
    """The acts of one client; `client` knows what was acknowledged. Each act has an identity, so that it can be asked for again."""

    def __init__(self, client):
        self.client = client
        self.subject = f"person-{client.name}"
        self.reviews = []   # Cases that this client has begun.
        self.pauses = []    # That it has begun and not ended.
        self.claimed = set()

    def next(self, api):
        """The next request, or None where there is nothing to do it to."""
        kind = self.client.random.random()
        if kind < 0.3 or not self.reviews:
            ward = self.client.random.choice(WARDS)
            request = self.client.begin("review", {"ward": ward})
            self.reviews.append(f"review-{self.client.name}-{self.client.number}")
            return request
        if kind < 0.45:
            return self.on_a_task(api, self.claim)
        if kind < 0.6:
            return self.on_a_task(api, self.draft)
        if kind < 0.72:
            return self.override(self.client.random.choice(self.reviews))
        if kind < 0.84:
            return self.settle_alert(self.client.random.choice(self.reviews))
        if kind < 0.92:
            return self.batch(api, self.client.random.choice(WARDS))
        if kind < 0.96 and not self.pauses:
            return self.hold_back(self.client.random.choice(WARDS))
        return self.let_go(self.pauses.pop()) if self.pauses else None

    def _known(self, name, key, value):
        with self.client.lock:
            getattr(self.client.known, name)[key] = value

    def _who(self, key):
        return {"x-baton-subject": self.subject, "x-baton-role": "nurse", "idempotency-key": key}

    @staticmethod
    def _unless_refused(call, *statuses):
        """What it answered; None when it was refused in one of these ways, which is nobody's fault."""
        try:
            return call()
        except ApiError as error:
            if error.status in statuses:
                return None
            raise

    # ---- tasks, decisions, alerts --------------------------------------------------------------------------------------------------

    def on_a_task(self, api, act):
        try:
            tasks = api.get("/v1/tasks", role="nurse", limit=20)["items"]
        except (NoAnswer, ApiError):
            return None
        return act(self.client.random.choice(tasks)["id"]) if tasks else None

    def claim(self, task):
        if task in self.claimed:
            return None
        self.claimed.add(task)

        def send(api, _mllp):
            done = self._unless_refused(
                lambda: api.post(f"/v1/tasks/{quoted(task)}/claim", {}, headers=self._who(f"claim-{self.subject}-{task}")), 403, 409)
            if done:
                self._known("claims", (task, self.subject), True)
        return self.client.request(send)

    def draft(self, task):
        number = self.client.number

        def send(api, _mllp):
            done = self._unless_refused(
                lambda: api.post(f"/v1/tasks/{quoted(task)}/save", {"value": {"number": number}},
                                 headers=self._who(f"draft-{self.subject}-{number}")), 403, 409)
            if done:
                self._known("drafts", (task, self.subject, number), True)
        return self.client.request(send)

    def override(self, instance):
        number = number_of(f"{self.subject} {self.client.number}")

        def send(api, _mllp):
            done = self._unless_refused(
                lambda: api.post(f"/v1/instances/{instance}/override",
                                 {"target": "plan", "after": {"outcome": "stop", "number": number}, "reason": "crash test"},
                                 headers={"idempotency-key": f"override-{number}"}), 404, 409)
            if done:
                self._known("overrides", (instance, number), True)
        return self.client.request(send)

    def settle_alert(self, instance):
        def send(api, _mllp):
            done = self._unless_refused(
                lambda: api.post(f"/v1/alerts/{quoted(instance + '.1')}/acknowledge", {"reason": "seen"},
                                 headers=self._who(f"alert-{self.subject}-{instance}")), 404, 409)
            if done:
                self._known("alerts", instance + ".1", "acknowledged")
        return self.client.request(send)

    # ---- many at once ---------------------------------------------------------------------------------------------------------------

    def batch(self, api, ward):
        """A signal to every open case of the ward. What was counted and not begun is forgotten by a crash."""
        number = self.client.number
        reason = f"batch-{self.client.name}-{number}"
        try:
            preview = api.post("/v1/batches/preview", {"action": "signal", "query": {"workflow": "review", "unit": ward},
                                                       "with": {"signal": "tick", "value": {"number": number}}})
        except (NoAnswer, ApiError):
            return None

        def send(to, _mllp):
            try:
                batch = to.post("/v1/batches", {"token": preview["token"], "reason": reason}, headers={"idempotency-key": reason})
            except ApiError as error:
                if error.code == "BT126":
                    return
                raise
            self._known("batches", batch["id"], preview["count"])
        return self.client.request(send)

    def hold_back(self, ward):
        reason = f"pause-{self.client.name}-{self.client.number}"

        def send(api, _mllp):
            pause = api.post("/v1/pauses", {"unit": ward, "timers": "freeze", "reason": reason}, headers={"idempotency-key": reason})
            self._known("pauses", pause["id"], (ward, True))
            self.pauses.append((pause["id"], ward))
        return self.client.request(send)

    def let_go(self, held):
        pause, ward = held
        with self.client.lock:
            self.client.known.pauses.pop(pause, None)  # Until the answer is there nobody knows.

        def send(api, _mllp):
            api.post(f"/v1/pauses/{pause}/end", {"reason": "enough"}, headers={"idempotency-key": f"end-{pause}"})
            self._known("pauses", pause, (ward, False))
        return self.client.request(send)


class PeopleChecker:
    """What was acknowledged to people, seen from outside; for checker.Checker, whose api and journals it uses."""

    def __init__(self, checker):
        self.checker = checker
        self.api = checker.api

    def nothing_is_lost(self, known):
        for task, subject in known.claims:
            if self._changes(task, "claimed", subject) != 1:
                yield f"{task}: {subject}'s claim was acknowledged, and is there {self._changes(task, 'claimed', subject)} times"
        for task, subject, number in known.drafts:
            found = self._changes(task, "saved", subject, {"number": number})
            if found != 1:
                yield f"{task}: {subject}'s draft {number} was acknowledged, and is there {found} times"
        yield from self._drafts_stand(known)
        for instance, number in known.overrides:
            found = [row for row in self._rows(instance, "OutcomeOverridden") if row["after"].get("number") == number]
            if len(found) != 1:
                yield f"{instance}: the override {number} was acknowledged, and is there {len(found)} times"
        for alert, status in known.alerts.items():
            instance = alert.rsplit(".", 1)[0]
            shown = [each["status"] for each in self.api.pages("/v1/alerts", instance=instance) if each["id"] == alert]
            shown += [each["status"] for status_of in ("acknowledged", "cleared")
                      for each in self.api.pages("/v1/alerts", instance=instance, status=status_of) if each["id"] == alert]
            if "open" in shown or not shown:
                yield f"{alert}: was {status}, and is {shown}"
        yield from self._batches_stand(known)
        yield from self._pauses_stand(known)

    def compensations_agree(self, instance):
        """Each override by a person has its compensation, exactly once, unless the case waits for it still or is held back."""
        detail = self.api.get("/v1/instances/" + quoted(instance))
        if detail["paused"]:
            return
        asked = [operation["request"]["input"]["step"] for operation in self.checker.journal(instance).scheduled.values()
                 if operation["kind"] == "activity" and operation["name"] == "effects.apply"]
        terminal = self.checker.journal(instance).terminal
        for row in self._rows(instance, "OutcomeOverridden"):
            if terminal and row["index"] > terminal["index"]:
                continue  # The case had ended: a workflow of its own would undo it, and this bundle has none.
            step = f"undo {row['after']['number']}"
            if asked.count(step) != 1:
                yield f"{instance}: the compensation '{step}' was asked for {asked.count(step)} times"

    def _rows(self, instance, kind):
        return [row for row in self.checker.journal(instance).rows if row["type"] == kind]

    def _changes(self, task, action, subject, data=None):
        instance, seq = task.rsplit(".", 1)
        return sum(1 for row in self._rows(instance, "TaskChanged")
                   if int(row["seq"]) == int(seq) and row["action"] == action and row["by"]["subject"] == subject and (data is None or row["data"] == data))

    def _drafts_stand(self, known):
        """A draft that is the last of its person is shown to that person, as long as the task is open."""
        last = {}
        for task, subject, _ in known.drafts:
            instance, seq = task.rsplit(".", 1)
            saved = [row["data"] for row in self._rows(instance, "TaskChanged")
                     if int(row["seq"]) == int(seq) and row["action"] == "saved" and row["by"]["subject"] == subject]
            last[task, subject] = saved[-1] if saved else None
        for (task, subject), value in last.items():
            shown = self.api.request("GET", "/v1/tasks/" + quoted(task), headers={"x-baton-subject": subject, "x-baton-role": "nurse"})
            if shown["status"] in ("open", "claimed", "on_hold") and (shown.get("draft") or {}).get("value") != value:
                yield f"{task}: {subject}'s draft is {value}, and is shown as {shown.get('draft')}"

    def _batches_stand(self, known):
        for batch, count in known.batches.items():
            row = self.api.get("/v1/batches/" + batch)
            if row["state"] != "done" or row["count"] != count or row["done"] + row["unchanged"] + row["refused"] != count:
                yield f"{batch}: was begun on {count}, and is {row['state']} with {row['done']}, {row['unchanged']} and {row['refused']} of {row['count']}"
            items = list(self.api.pages(f"/v1/batches/{batch}/items"))
            for item in items:
                found = [each for each in self.checker.journal(item["id"]).signals if each["message_id"].startswith(batch + "/")]
                if len(found) != (1 if item["state"] == "done" else 0):
                    yield f"{batch}: {item['id']} is {item['state']}, and was told {len(found)} times"

    def _pauses_stand(self, known):
        rows = list(self.api.get("/v1/pauses")["items"])
        states = {row["id"]: row["state"] for row in rows}
        for reason in {row["reason"] for row in rows}:
            if sum(1 for row in rows if row["reason"] == reason) > 1:
                yield f"the pause '{reason}' was begun once and is there twice"
        for pause, (ward, stands) in known.pauses.items():
            wanted = "quiet" if stands else "ended"
            if states.get(pause) != wanted:
                yield f"{pause}: should be {wanted}, and is {states.get(pause)}"
        held = {row["unit"] for row in rows if row["state"] == "quiet"}
        for case in self.api.pages("/v1/instances", workflow="review", status="running"):
            ward = case["attributes"].get("ward")
            if case["paused"] != (ward in held):
                yield f"{case['id']}: of {ward}, is {'held back' if case['paused'] else 'not held back'}, and {sorted(held)} are"
