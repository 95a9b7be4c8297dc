"""Checks a server after a crash, by its public API alone: it knows nothing of the store.

Each check is a function that yields complaints. Together they say: nothing acknowledged is lost; no effect without its commit; no
step twice in a journal; journal, state and audit ledger agree; every open instance has something that will wake it.
"""

import base64
import collections
import hashlib

from hospital.api import ApiError, quoted
from people import PeopleChecker

SEARCHED = 50  # Instances whose records are searched for: those with the latest ones, which may have no index rows yet.
TERMINAL = {"Completed": "completed", "Failed": "failed", "Cancelled": "cancelled"}


def satisfies(operation, row):
    """Does this signal or event end this wait? docs/LUA_API.md, wait_signal and wait_event."""
    if operation["kind"] == "signal":
        return operation["name"] == row["name"]
    request = operation.get("request") or {}
    if not any(matches(pattern, row["event_type"]) for pattern in request.get("types", [])):
        return False
    return all(at_path(row["event"], path) in (wanted if isinstance(wanted, list) else [wanted])
               for path, wanted in (request.get("where") or {}).items())


def matches(pattern, name):
    return pattern == "*" or pattern == name or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


def at_path(value, path):
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class Journal:
    """One instance as its own history tells it, folded by the rules of docs/formats, not by Baton's code."""

    def __init__(self, rows):
        self.rows = rows
        self.scheduled, self.ended, self.attributes = {}, {}, {}
        self.terminal = None
        self.signals, self.events = [], []
        self.left = {"signal": [], "event": []}  # What came before anybody waited for it.
        self.complaints = []
        keys = collections.Counter()
        before = ""
        for position, row in enumerate(rows):
            if row["index"] != position:
                self.complaints.append(f"entry {position} has the index {row['index']}")
            if row["at"] < before:
                self.complaints.append(f"entry {position} is earlier than the one before")
            before = row["at"]
            self._take(row, keys)
        self.complaints += [f"step {key} is there {number} times" for key, number in keys.items() if number > 1]

    def _take(self, row, keys):
        kind = row["type"]
        if self.terminal and kind in ("OperationScheduled", "StepRecorded", "AttributesSet", *TERMINAL):
            self.complaints.append(f"{kind} after the end")
        if kind == "OperationScheduled":
            operation = row["operation"]
            if operation["seq"] in self.scheduled:
                self.complaints.append(f"operation {operation['seq']} was scheduled twice")
            self.scheduled[operation["seq"]] = operation
            keys[operation["key"]] += 1
            waiting = next((come for come in self.left.get(operation["kind"], []) if satisfies(operation, come)), None)
            if waiting:
                self.left[operation["kind"]].remove(waiting)
                self.ended[operation["seq"]] = waiting
        elif kind in ("OperationResolved", "OperationCancelled"):
            if row["seq"] not in self.scheduled:
                self.complaints.append(f"operation {row['seq']} ended before it was scheduled")
            if row["seq"] in self.ended:
                self.complaints.append(f"operation {row['seq']} ended twice")
            self.ended[row["seq"]] = row
        elif kind == "StepRecorded":
            keys[row["key"]] += 1
        elif kind == "AttributesSet":
            for name, value in row["attributes"].items():
                self.attributes[name] = value
                if value is None:
                    del self.attributes[name]
        elif kind == "SignalReceived":
            self.signals.append(row)
            self._arrive("signal", row)
        elif kind == "EventReceived":
            self.events.append(row)
            self._arrive("event", row)
        elif kind in TERMINAL:
            self.terminal = row

    def _arrive(self, kind, row):
        """What comes ends the oldest wait that it satisfies, or is kept for the next."""
        for seq, operation in sorted(self.scheduled.items()):
            if operation["kind"] == kind and seq not in self.ended and satisfies(operation, row):
                self.ended[seq] = row
                return
        self.left[kind].append(row)

    def waits(self):
        """Seqs of operations that have not ended, tasks and others. None once the instance has."""
        left = {seq: operation for seq, operation in self.scheduled.items() if seq not in self.ended and not self.terminal}
        tasks = {seq for seq, operation in left.items() if operation["kind"] == "task"}
        return tasks, set(left) - tasks


def differences(kind, shown, told):
    yield from (f"{kind} {each} is open, and the ledger does not say so" for each in sorted(shown - told))
    yield from (f"{kind} {each} is open in the ledger and nowhere else" for each in sorted(told - shown))


class Checker:
    def __init__(self, api):
        self.api = api
        self.journals = {}
        self.records = []  # As they were listed last.
        self.gone = {}     # Instance -> whether its data was erased.

    def journal(self, instance):
        if instance not in self.journals:
            self.journals[instance] = Journal(list(self.api.pages(f"/v1/instances/{quoted(instance)}/history")))
        return self.journals[instance]

    def is_gone(self, instance):
        """Was the key of its data destroyed?"""
        if instance not in self.gone:
            self.gone[instance] = self.answers_gone("/v1/instances/" + quoted(instance))
        return self.gone[instance]

    def answers_gone(self, path):
        try:
            self.api.get(path)
            return False
        except ApiError as error:
            return error.status == 410

    def all_instances(self):
        self.records = list(self.api.pages("/v1/instances"))
        return self.records

    def something_moved(self):
        """Did an instance begin, change or go on since this checker read it? Then what it complains of may be two moments compared, and
        all has to be read again. A fault is still there the next time."""
        records, journals, self.journals = self.records, self.journals, {}
        return self.all_instances() != records or any(
            len(self.journal(instance).rows) != len(journal.rows) for instance, journal in journals.items())

    # ---- state = journal --------------------------------------------------------------------------------------------------

    def instance_agrees(self, instance):
        detail = self.api.get("/v1/instances/" + quoted(instance))
        journal = self.journal(instance)
        yield from (f"{instance}: {complaint}" for complaint in journal.complaints)
        told = TERMINAL[journal.terminal["type"]] if journal.terminal else "running"
        if detail["status"] != told:
            yield f"{instance}: is {detail['status']}, and its journal says {told}"
        if detail["attributes"] != journal.attributes:
            yield f"{instance}: has {detail['attributes']}, and its journal says {journal.attributes}"
        tasks, others = journal.waits()
        shown_tasks = {int(task["id"].rsplit(".", 1)[1]) for task in detail["open_tasks"]}
        shown_others = {int(cause["seq"]) for cause in detail["waits_for"]}
        if shown_tasks != tasks:
            yield f"{instance}: shows the tasks {sorted(shown_tasks)}, and its journal says {sorted(tasks)}"
        if shown_others != others:
            yield f"{instance}: waits for {sorted(shown_others)}, and its journal says {sorted(others)}"
        if detail["status"] == "running" and not (tasks or others or detail["incidents"] or detail.get("paused")):
            yield f"{instance}: is open and nothing will wake it"
        if detail["incidents"]:
            yield f"{instance}: has an incident: {detail['incidents'][0]['cause']}"

    # ---- nothing acknowledged is lost ---------------------------------------------------------------------------------------

    def nothing_is_lost(self, known):
        yield from (f"refused: {text}" for text in known.refused)
        for instance, workflow in known.started.items():
            rows = self._rows_of(instance)
            if not rows or rows[0]["type"] != "Started" or rows[0]["workflow"] != workflow:
                yield f"{instance}: its start was acknowledged, and it is not there"
        for (instance, message_id), number in known.signals.items():
            found = [row for row in self.journal(instance).signals if row["message_id"] == message_id]
            if len(found) != 1 or found[0]["payload"] != {"number": number}:
                yield f"{instance}: the signal {message_id} was acknowledged, and is there {len(found)} times"
        for task, (outcome, subject) in known.decisions.items():
            yield from self._decision_stands(task, outcome, subject)
        for control_id, (trigger, encounter) in known.messages.items():
            if encounter not in known.leaving:
                yield from self._message_stands(control_id, trigger, encounter)
        yield from self._erasures_stand(known)
        for instance, number in known.promises.items():
            value = ((self.journal(instance).ended.get(1) or {}).get("outcome") or {}).get("value")
            if value != {"number": number}:
                yield f"{instance}: its promise was settled with {number}, and the journal says {value}"
        for key, good in known.keys.items():
            if self._signs_in(key) != good:
                yield f"the key {key.split('_')[1]} was {'made, and is refused' if good else 'revoked, and is taken'}"
        yield from PeopleChecker(self).nothing_is_lost(known)

    def _signs_in(self, key):
        try:
            self.api.request("GET", "/v1/me", headers={"authorization": f"Bearer {key}"})
            return True
        except ApiError as error:
            if error.status == 401:
                return False
            raise

    def _rows_of(self, instance):
        try:
            return self.journal(instance).rows
        except ApiError as error:
            if error.status == 404:
                return []
            raise

    def _decision_stands(self, task, outcome, subject):
        instance, seq = task.rsplit(".", 1)
        ended = self.journal(instance).ended.get(int(seq))
        value = ((ended or {}).get("outcome") or {}).get("value") or {}
        if value.get("outcome") != outcome or (value.get("by") or {}).get("subject") != subject:
            yield f"{task}: {subject}'s {outcome} was acknowledged, and the journal says {value}"
        shown = self.api.get("/v1/tasks/" + quoted(task))
        if shown["status"] != "decided" or shown["decision"]["outcome"] != outcome:
            yield f"{task}: {outcome} was acknowledged, and the task is {shown['status']}"

    def _message_stands(self, control_id, trigger, encounter):
        cases = list(self.api.pages("/v1/instances", workflow="stay", key=encounter))
        if trigger == "A01" and len(cases) != 1:
            yield f"{control_id}: was acknowledged, and began {len(cases)} instances"
        if trigger == "A03" and cases:
            heard = [row for row in self.journal(cases[0]["id"]).events if row["event_type"] == "encounter.discharged"]
            if len(heard) != 1:
                yield f"{control_id}: was acknowledged, and reached its instance {len(heard)} times"

    def _erasures_stand(self, known):
        """What was approved is done, and nothing of the person answers any more. Who was only to be erased may be there still, as a whole."""
        states = {row["id"]: row["state"] for row in self.api.get("/v1/erasures")["items"]}
        erased = set()
        for erasure, (encounter, patient) in known.erasures.items():
            erased.add(encounter)
            if states.get(erasure) != "erased":
                yield f"{erasure}: was approved, and is {states.get(erasure)}"
            if not self.answers_gone("/v1/patients/" + patient):
                yield f"{erasure}: the record of {patient} is there still"
            if list(self.api.pages("/v1/instances", workflow="stay", key=encounter)):
                yield f"{erasure}: the case of {encounter} is there still"
        for encounter in set(known.leaving) - erased:
            for control_id, (trigger, about) in known.messages.items():
                if about == encounter:
                    yield from self._message_stands(control_id, trigger, encounter)

    # ---- no effect without commit, none twice ---------------------------------------------------------------------------------

    def effects_agree(self, effects):
        by_step = collections.defaultdict(list)
        for key, effect in effects.items():
            by_step[effect["instance"], effect["step"]].append(key)
        for (instance, step), keys in by_step.items():
            if self.is_gone(instance):
                continue
            if len(keys) > 1:
                yield f"{instance}: step {step} was done under {len(keys)} keys: {keys}"
            committed = [operation for operation in self.journal(instance).scheduled.values()
                         if operation["kind"] == "activity" and (operation["request"].get("input") or {}).get("step") == step]
            if not committed:
                yield f"{instance}: step {step} had its effect, and no journal ever asked for it"
        receipts = {(effect["instance"], effect["step"]): effect["receipt"] for effect in effects.values()}
        for instance, journal in self.journals.items():
            for seq, operation in journal.scheduled.items():
                ended = journal.ended.get(seq)
                if operation["kind"] != "activity" or not ended or ended["type"] != "OperationResolved":
                    continue
                step = operation["request"]["input"]["step"]
                value = (ended.get("outcome") or {}).get("value") or {}
                if value.get("receipt") != receipts.get((instance, step)):
                    yield f"{instance}: step {step} has the receipt {value.get('receipt')}, and the other side gave {receipts.get((instance, step))}"

    # ---- journal = audit --------------------------------------------------------------------------------------------------------

    def audit_agrees(self, instances):
        """Every journal row has one record in the ledger that names its hash, and no record names a row that is not there."""
        covered, named = collections.defaultdict(list), collections.defaultdict(list)
        for position, record in enumerate(self._ledger()):
            if record["index"] != position:
                yield f"the ledger has {record['index']} where {position} should be"
            leaf = record["leaf"]
            if leaf.get("instance"):
                named[leaf["instance"]].append(position)
            if leaf.get("journal"):
                place, digest = leaf["journal"].split(":")
                first, length = (int(part) for part in place.split("+"))
                covered[leaf["instance"]].append((first, length, digest))
        for instance in instances:
            rows = sorted(set(covered.pop(instance, [])))
            yield from self._rows_agree(instance, rows)
        for instance in sorted(named, key=lambda each: named[each][-1])[-SEARCHED:]:
            found = [record["index"] for record in self.api.pages("/v1/audit/records", instance=instance)]
            if found[:len(named[instance])] != named[instance]:  # What came since may be behind it.
                yield f"{instance}: a search finds the records {found}, and the ledger has {named[instance]}"
        yield from (f"{instance}: is in the ledger and nowhere else" for instance in covered if not self.is_gone(instance))
        gone = sum(1 for instance in covered if self.is_gone(instance))
        told = sum(row["cases"] for row in self.api.get("/v1/erasures")["items"] if row["state"] == "erased")
        if gone != told:
            yield f"erasures say that they took {told} cases, and {gone} of the ledger's cannot be read"

    # ---- ledger = state ---------------------------------------------------------------------------------------------------------

    def ledger_is_state(self):
        """What the ledger, replayed from its first record, says of all instances, tasks and incidents is what lists say: no more,
        no less."""
        told, tasks, incidents = {}, set(), set()
        for record in self._ledger():
            leaf = record["leaf"]
            action, instance, thing = leaf.get("action"), leaf.get("instance"), leaf.get("object")
            if action == "instance.started":
                if instance in told:
                    yield f"{instance}: started twice in the ledger"
                told[instance] = "running"
            elif action == "instance.closed":
                if told.get(instance) != "running":
                    yield f"{instance}: closed in the ledger, where it was {told.get(instance)}"
                told[instance] = leaf["outcome"]
            elif action == "task.created":
                tasks.add(thing)
            elif action in ("task.decided", "task.closed"):
                tasks.discard(thing)
            elif action == "incident.opened":
                incidents.add((instance, thing))
            elif action == "incident.resolved":
                incidents.discard((instance, thing))
        shown = {record["id"]: record["status"] for record in self.all_instances()}
        for instance in sorted(set(told) | set(shown)):
            if told.get(instance) in TERMINAL.values() and instance not in shown and self.is_gone(instance):
                continue
            if told.get(instance) != shown.get(instance):
                yield f"{instance}: is {shown.get(instance)}, and the ledger says {told.get(instance)}"
        yield from differences("task", {task["id"] for task in self.api.pages("/v1/tasks")}, tasks)
        yield from differences("incident", {(each["instance"], str(each["number"])) for each in self.api.pages("/v1/incidents")}, incidents)

    def _ledger(self):
        start = "0"
        while start is not None:
            page = self.api.get("/v1/audit", **{"from": start, "limit": 1000})
            yield from page["items"]
            start = page.get("next")

    def _rows_agree(self, instance, rows):
        position = 0
        for first, length, _ in rows:
            if first != position:
                yield f"{instance}: the ledger covers entries up to {position} and goes on at {first}"
            position = first + length
        if position != len(self.journal(instance).rows):
            yield f"{instance}: the journal has {len(self.journal(instance).rows)} entries, the ledger knows {position}"
        stored = {row["first"]: base64.b64decode(row["row"]) for row in self.api.pages(f"/v1/instances/{quoted(instance)}/journal")}
        for first, _, digest in rows:
            if hashlib.sha256(stored.get(first, b"")).hexdigest() != digest:
                yield f"{instance}: the row at {first} is not the one that the ledger knows"
