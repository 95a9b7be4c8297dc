"""The judge of the crash tests, judged: a world in order has no complaints, and each kind of damage has one."""

import base64
import copy
import hashlib
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "deploy")]

from checker import Checker  # noqa: E402
from hospital.api import ApiError  # noqa: E402
from load import Acknowledged  # noqa: E402
from people import PeopleChecker  # noqa: E402

AT = "2026-01-05T12:00:00.000Z"


def entry(index, kind, **fields):
    return {"index": index, "at": AT, "type": kind, **fields}


def scheduled(index, seq, kind, name, step=None):
    request = {"input": {"instance": "I1", "step": step}} if step else {}
    return entry(index, "OperationScheduled", operation={"seq": seq, "kind": kind, "key": f"/{kind}:{name}#{seq}", "name": name, "request": request})


class World:
    """A server's answers as plain data. One approval: a signal, a task that was decided, an activity that still runs."""

    def __init__(self):
        self.history = [
            entry(0, "Started", workflow="approval"), scheduled(1, 1, "signal", "go"),
            entry(2, "SignalReceived", name="go", payload={"number": 4}, message_id="S1"), entry(3, "NoteWritten", note="it came"),
            scheduled(4, 2, "task", "approve"),
            entry(5, "OperationResolved", seq=2, outcome={"value": {"outcome": "yes", "by": {"subject": "ada"}}}),
            scheduled(6, 3, "activity", "effects.apply", "a"),
            entry(7, "OperationResolved", seq=3, outcome={"value": {"receipt": "R1"}}),
            scheduled(8, 4, "activity", "effects.apply", "b"), entry(9, "AttributesSet", attributes={"stage": "late"})]
        self.detail = {"id": "I1", "status": "running", "paused": False, "attributes": {"stage": "late"}, "open_tasks": [], "incidents": [],
                       "waits_for": [{"seq": "4"}]}
        self.task = {"status": "decided", "decision": {"outcome": "yes"}}
        self.rows = [{"first": 0, "row": base64.b64encode(b"row 0").decode()}, {"first": 5, "row": base64.b64encode(b"row 5").decode()}]
        self.ledger = [{"instance": "I1", "journal": "0+5:" + hashlib.sha256(b"row 0").hexdigest()},
                       {"instance": "I1", "journal": "5+5:" + hashlib.sha256(b"row 5").hexdigest()}, {"action": "server.started"},
                       {"action": "instance.started", "instance": "I1"},
                       {"action": "instance.started", "instance": "I0"}, {"action": "instance.closed", "instance": "I0", "outcome": "completed"},
                       {"action": "task.created", "instance": "I1", "object": "I1.2"},
                       {"action": "task.decided", "instance": "I1", "object": "I1.2"},
                       {"action": "task.created", "instance": "I1", "object": "I1.7"},
                       {"action": "incident.opened", "instance": "I1", "object": "1"}]
        self.instances = [{"id": "I0", "status": "completed"}, {"id": "I1", "status": "running"}]
        self.tasks = [{"id": "I1.7"}]
        self.incidents = [{"instance": "I1", "number": 1}]
        self.effects = {"I1/3": {"instance": "I1", "step": "a", "receipt": "R1"}, "I1/4": {"instance": "I1", "step": "b", "receipt": "R2"}}
        self.reviews = [{"id": "I2", "paused": True, "attributes": {"ward": "W1"}}, {"id": "I3", "paused": False, "attributes": {"ward": "W2"}}]
        self.pauses = [{"id": "P1", "unit": "W1", "state": "quiet", "reason": "p1"}]
        self.batch = {"state": "done", "count": 1, "done": 1, "unchanged": 0, "refused": 0}
        self.alerts = [{"id": "I1.1", "status": "acknowledged"}]
        self.stays = []
        self.erasures = [{"id": "R1", "state": "erased", "cases": 1}]
        self.gone = {"/v1/instances/I4", "/v1/patients/p4"}
        self.ledger += [{"instance": "I4", "journal": "0+5:" + hashlib.sha256(b"row").hexdigest()}, {"action": "instance.started", "instance": "I4"},
                        {"action": "instance.closed", "instance": "I4", "outcome": "completed"}]
        self.unfound = set()  # Records that no search finds.
        self.good_keys = {"baton_a_x"}
        self.known = Acknowledged()
        self.known.keys = {"baton_a_x": True, "baton_b_x": False}
        self.known.started["I1"] = "approval"
        self.known.signals["I1", "S1"] = 4
        self.known.decisions["I1.2"] = ("yes", "ada")
        self.known.pauses["P1"] = ("W1", True)
        self.known.leaving["E4"] = True
        self.known.erasures["R1"] = ("E4", "p4")
        self.known.messages["A01-E4"] = ("A01", "E4")

    # What Checker asks of an Api.
    def get(self, path, **_):
        if path == "/v1/audit":
            return {"items": [{"index": index, "leaf": leaf} for index, leaf in enumerate(self.ledger)]}
        if path.startswith("/v1/tasks/"):
            return self.task
        if path == "/v1/pauses":
            return {"items": self.pauses}
        if path == "/v1/erasures":
            return {"items": self.erasures}
        if path in self.gone:
            raise ApiError(410, {"title": "destroyed"})
        return self.batch if path.startswith("/v1/batches/") else self.detail

    def request(self, _method, path, headers):
        if path.startswith("/v1/tasks/"):
            return self.task
        if headers["authorization"].split()[1] not in self.good_keys:
            raise ApiError(401, {"title": "not accepted"})

    def pages(self, path, **query):
        if path == "/v1/audit/records":
            return iter([{"index": index} for index, leaf in enumerate(self.ledger)
                         if leaf.get("instance") == query["instance"] and index not in self.unfound])
        if query.get("workflow") == "review":
            return iter(self.reviews)
        if query.get("workflow") == "stay":
            return iter(self.stays)
        if path.startswith("/v1/alerts"):
            return iter(each for each in self.alerts if each["status"] == query.get("status", "open"))
        if path.startswith("/v1/batches/"):
            return iter([{"id": "I1", "state": "done"}])
        if path.endswith("/history"):
            if not self.history or "I1" not in path:
                raise ApiError(404, {"title": "not found"})
            return iter(copy.deepcopy(self.history))
        if path.endswith("/journal"):
            return iter(self.rows)
        if path == "/v1/tasks":
            return iter(self.tasks)
        if path == "/v1/incidents":
            return iter(self.incidents)
        return iter(self.instances)

    def happened(self, kind, **fields):
        self.history.append(entry(len(self.history), kind, **fields))

    def complaints(self):
        checker = Checker(self)
        found = list(checker.nothing_is_lost(self.known))
        if self.history:
            found += checker.instance_agrees("I1")
            found += checker.effects_agree(self.effects)
            found += checker.audit_agrees(["I1"])
            found += PeopleChecker(checker).compensations_agree("I1")
        return found + list(checker.ledger_is_state())


class WorldTest(unittest.TestCase):
    def setUp(self):
        self.world = World()

    def refuses(self, words):
        found = self.world.complaints()
        self.assertTrue(any(words in complaint for complaint in found), f"no complaint says {words!r}: {found}")


class CheckerTest(WorldTest):
    def test_a_world_in_order_has_no_complaints(self):
        self.assertEqual(self.world.complaints(), [])

    def test_a_case_that_went_on_between_two_reads_is_seen_to_have_moved(self):
        checker = Checker(self.world)
        list(checker.ledger_is_state())
        list(checker.instance_agrees("I1"))
        self.assertFalse(checker.something_moved())
        self.world.history.append(entry(10, "SignalReceived", name="go", payload={}, message_id="S9"))
        self.assertTrue(checker.something_moved())
        self.assertFalse(checker.something_moved())

    def test_a_case_that_began_between_two_reads_is_seen_to_have_moved(self):
        checker = Checker(self.world)
        list(checker.ledger_is_state())
        self.world.instances = [*self.world.instances, {"id": "I5", "status": "running"}]
        self.assertTrue(checker.something_moved())

    def test_a_lost_instance_is_seen(self):
        self.world.known.started["I2"] = "approval"
        self.refuses("I2: its start was acknowledged, and it is not there")

    def test_a_lost_key_is_seen(self):
        self.world.good_keys = set()
        self.refuses("the key a was made, and is refused")

    def test_a_key_that_came_back_is_seen(self):
        self.world.good_keys.add("baton_b_x")
        self.refuses("the key b was revoked, and is taken")

    def test_a_lost_signal_is_seen(self):
        self.world.known.signals["I1", "S2"] = 9
        self.refuses("S2 was acknowledged, and is there 0 times")

    def test_a_signal_that_came_twice_is_seen(self):
        self.world.history.insert(3, entry(3, "SignalReceived", name="go", payload={"number": 4}, message_id="S1"))
        self.refuses("S1 was acknowledged, and is there 2 times")

    def test_another_decision_than_the_acknowledged_one_is_seen(self):
        self.world.known.decisions["I1.2"] = ("no", "ada")
        self.refuses("ada's no was acknowledged")

    def test_a_missing_entry_is_seen(self):
        del self.world.history[3]
        self.refuses("has the index")

    def test_a_step_that_is_there_twice_is_seen(self):
        self.world.history.append({**scheduled(10, 5, "activity", "effects.apply", "c")})
        self.world.history[10]["operation"]["key"] = self.world.history[8]["operation"]["key"]
        self.refuses("is there 2 times")

    def test_an_operation_that_ended_twice_is_seen(self):
        self.world.history.append(entry(10, "OperationResolved", seq=3, outcome={}))
        self.refuses("operation 3 ended twice")

    def test_an_effect_that_nobody_committed_to_is_seen(self):
        self.world.effects["I1/9"] = {"instance": "I1", "step": "z", "receipt": "R9"}
        self.refuses("no journal ever asked for it")

    def test_an_effect_under_two_keys_is_seen(self):
        self.world.effects["other"] = {"instance": "I1", "step": "a", "receipt": "R9"}
        self.refuses("was done under 2 keys")

    def test_a_result_that_the_other_side_never_gave_is_seen(self):
        self.world.history[7]["outcome"]["value"]["receipt"] = "R7"
        self.refuses("has the receipt R7")

    def test_an_open_instance_that_nothing_will_wake_is_seen(self):
        self.world.history[8:9] = []
        self.world.history[8]["index"] = 8
        self.world.detail["waits_for"] = []
        self.refuses("nothing will wake it")

    def test_a_pending_row_that_is_missing_is_seen(self):
        self.world.detail["waits_for"] = []
        self.refuses("its journal says [4]")

    def test_a_status_that_the_journal_does_not_say_is_seen(self):
        self.world.detail["status"] = "completed"
        self.refuses("is completed, and its journal says running")

    def test_an_attribute_that_the_journal_does_not_say_is_seen(self):
        self.world.detail["attributes"] = {}
        self.refuses("and its journal says {'stage': 'late'}")

    def test_a_journal_row_without_its_record_is_seen(self):
        del self.world.ledger[1]
        self.refuses("the ledger knows 5")

    def test_a_journal_row_that_was_changed_is_seen(self):
        self.world.rows[0]["row"] = base64.b64encode(b"row x").decode()
        self.refuses("is not the one that the ledger knows")

    def test_a_record_that_no_search_finds_is_seen(self):
        self.world.unfound.add(1)
        self.refuses("a search finds the records [0, 3")

    def test_an_instance_that_the_ledger_does_not_know_is_seen(self):
        self.world.instances.append({"id": "I5", "status": "running"})
        self.refuses("I5: is running, and the ledger says None")

    def test_an_instance_that_only_the_ledger_knows_is_seen(self):
        del self.world.instances[0]
        self.refuses("I0: is None, and the ledger says completed")

    def test_another_status_than_the_ledgers_is_seen(self):
        self.world.instances[0]["status"] = "running"
        self.refuses("I0: is running, and the ledger says completed")

    def test_a_task_that_the_ledger_does_not_know_is_seen(self):
        self.world.tasks.append({"id": "I1.9"})
        self.refuses("task I1.9 is open, and the ledger does not say so")

    def test_a_task_that_only_the_ledger_knows_is_seen(self):
        self.world.tasks = []
        self.refuses("task I1.7 is open in the ledger and nowhere else")

    def test_an_incident_that_only_the_ledger_knows_is_seen(self):
        self.world.incidents = []
        self.refuses("is open in the ledger and nowhere else")

    def test_a_record_of_an_instance_that_is_not_there_is_seen(self):
        self.world.ledger.append({"instance": "I9", "journal": "0+1:00"})
        self.refuses("I9: is in the ledger and nowhere else")

    def test_an_erasure_that_is_not_done_is_seen(self):
        self.world.erasures[0]["state"] = "approved"
        self.refuses("R1: was approved, and is approved")
        self.world.erasures = []
        self.refuses("R1: was approved, and is None")

    def test_a_person_who_was_erased_and_is_there_still_is_seen(self):
        self.world.gone.remove("/v1/patients/p4")
        self.refuses("R1: the record of p4 is there still")
        self.world.stays = [{"id": "I4"}]
        self.refuses("R1: the case of E4 is there still")

    def test_a_case_that_cannot_be_read_and_that_no_erasure_took_is_seen(self):
        self.world.erasures[0]["cases"] = 0
        self.refuses("erasures say that they took 0 cases, and 1 of the ledger's cannot be read")

    def test_a_case_that_was_to_be_erased_and_was_not_is_there_as_a_whole(self):
        self.world.known.erasures = {}
        self.refuses("A01-E4: was acknowledged, and began 0 instances")


class PeopleTest(WorldTest):
    """What people and operators did."""

    def test_a_lost_claim_and_a_lost_draft_are_seen(self):
        self.world.known.claims["I1.2", "ada"] = True
        self.world.known.drafts["I1.2", "ada", 7] = True
        self.refuses("I1.2: ada's claim was acknowledged, and is there 0 times")
        self.refuses("I1.2: ada's draft 7 was acknowledged, and is there 0 times")

    def test_a_draft_that_is_not_shown_is_seen(self):
        self.world.known.drafts["I1.2", "ada", 7] = True
        self.world.happened("TaskChanged", seq=2, action="saved", data={"number": 7}, by={"subject": "ada"})
        self.world.task = {"status": "claimed", "draft": {"value": {"number": 6}}, "decision": {"outcome": "yes"}}
        self.refuses("ada's draft is {'number': 7}, and is shown as")

    def test_an_override_that_is_there_twice_or_undoes_nothing_is_seen(self):
        self.world.known.overrides["I1", 5] = True
        for _ in range(2):
            self.world.happened("OutcomeOverridden", after={"number": 5})
        self.refuses("the override 5 was acknowledged, and is there 2 times")
        self.refuses("the compensation 'undo 5' was asked for 0 times")

    def test_an_alert_that_is_open_again_is_seen(self):
        self.world.known.alerts["I1.1"] = "acknowledged"
        self.world.alerts = [{"id": "I1.1", "status": "open"}]
        self.refuses("I1.1: was acknowledged, and is ['open']")

    def test_a_batch_that_told_a_case_never_or_twice_is_seen(self):
        self.world.known.batches["B1"] = 1
        self.refuses("B1: I1 is done, and was told 0 times")
        self.world.batch["state"] = "running"
        self.refuses("B1: was begun on 1, and is running")

    def test_a_pause_that_is_lost_or_there_twice_is_seen(self):
        self.world.pauses.append({**self.world.pauses[0], "id": "P2"})
        self.refuses("the pause 'p1' was begun once and is there twice")
        self.world.pauses = []
        self.refuses("P1: should be quiet, and is None")
        self.refuses("I2: of W1, is held back, and [] are")

    def test_a_case_that_escaped_a_pause_is_seen(self):
        self.world.reviews[0]["paused"] = False
        self.refuses("I2: of W1, is not held back, and ['W1'] are")


if __name__ == "__main__":
    unittest.main()
