"""The hospital around the quickstart: its stream keeps its shape when it is moved, and its summary sees what went wrong."""

import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy")
sys.path.insert(0, DEPLOY)

from hospital import stream, summary  # noqa: E402
from hospital.mllp import Acknowledgement  # noqa: E402
from hospital.people import ANSWERS, choose  # noqa: E402
from hospital.responder import Hospital  # noqa: E402

WEEK = datetime.timedelta(weeks=1)
STREAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "streams")


def message(*segments):
    return "\r".join(segments) + "\r"


class OptionsTest(unittest.TestCase):
    def run_script(self, *arguments):
        # Without cmake and apt-get whatever installs or builds would end with an error.
        with tempfile.TemporaryDirectory() as tools:
            for tool in ("bash", "dirname", "python3", "sed"):
                os.symlink(shutil.which(tool), os.path.join(tools, tool))
            return subprocess.run(arguments, capture_output=True, text=True, env={"PATH": tools}, check=False)

    def test_help_and_a_wrong_option_come_before_anything_is_installed(self):
        helped = self.run_script(os.path.join(DEPLOY, "quickstart"), "--help")
        self.assertEqual((helped.returncode, helped.stderr), (0, ""))
        self.assertIn("--expected", helped.stdout)
        wrong = self.run_script(os.path.join(DEPLOY, "quickstart"), "--steam", "x")
        self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
        self.assertIn("--steam", wrong.stderr)
        tests = self.run_script(os.path.join(DEPLOY, "test"), "--help")
        self.assertEqual((tests.returncode, tests.stderr), (0, ""))
        self.assertIn("deploy/test -R crash", tests.stdout)


class StreamTest(unittest.TestCase):
    def test_a_time_keeps_its_precision_and_its_offset(self):
        self.assertEqual(stream.shifted_time("19930203", WEEK), "19930210")
        self.assertEqual(stream.shifted_time("199302031015", WEEK), "199302101015")
        self.assertEqual(stream.shifted_time("19930203101530.25-0500", WEEK), "19930210101530.25-0500")

    def test_what_is_no_time_stays_as_it_is(self):
        for text in ("", '""', "unknown", "19931399", "12"):
            self.assertEqual(stream.shifted_time(text, WEEK), text)

    def test_the_times_of_a_message_move_and_nothing_else_does(self):
        text = message("MSH|^~\\&|A|B|C|D|19930203101500||ADT^A03|1993|P|2.5", "PID|1||19930203^^^B^MR||X^Y||19500101", "PV1|1|I" + "|" * 42 + "19930201")
        moved = stream.shifted_text(text, WEEK)
        self.assertEqual(moved, message("MSH|^~\\&|A|B|C|D|19930210101500||ADT^A03|1993|P|2.5", "PID|1||19930203^^^B^MR||X^Y||19500108",
                                        "PV1|1|I" + "|" * 42 + "19930208"))

    def test_the_stream_keeps_its_order_its_weekdays_and_its_distances(self):
        moved = stream.read_stream(os.path.join(STREAMS, "adt_stream.jsonl"), os.path.join(STREAMS, "adt_expected.jsonl"))
        before = [stream.parse_time(row["at"]) for row in stream.read_lines(os.path.join(STREAMS, "adt_stream.jsonl"))]
        shifts = {after.at - at for after, at in zip(moved.messages, before)}
        self.assertEqual(len(shifts), 1)
        self.assertEqual(shifts.pop() % WEEK, datetime.timedelta())
        self.assertEqual(len(moved.expected), 202)
        self.assertTrue(all(moved.numbers[row["encounter"]] for row in moved.expected))

    def test_a_message_that_is_late_in_the_file_is_sent_when_its_turn_comes(self):
        rows = [{"at": at, "encounter": at[:10], "hl7": "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\r"}
                for at in ("2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z")]
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("\n".join(json.dumps(row) for row in rows))
            file.flush()
            moved = stream.read_stream(file.name)
        self.assertEqual([each.encounter for each in moved.messages], ["2020-01-02", "2020-01-01"])
        self.assertEqual([each.control_id for each in moved.messages], ["1", "1"], "as the message has it")
        self.assertLessEqual(moved.messages[0].at, moved.messages[1].at)


class BrokenFileTest(unittest.TestCase):
    MESSAGE = {"at": "2020-01-01T00:00:00Z", "encounter": "E", "hl7": "MSH|^~\\&|A|B|C|D|20200101||ADT^A01|1|P|2.5\r"}

    def refused(self, second_line, expected=None, ending="\n"):
        """What is said of a stream whose second line is this, or of an expected file of which it is."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("stream.jsonl", "expected.jsonl")]
            first = {"encounter": "E", "expect_final": "discharged"} if expected else self.MESSAGE
            for path, lines in zip(paths, [[self.MESSAGE], None] if expected else [None, []]):
                with open(path, "w", encoding="utf-8") as file:
                    file.write("\n".join(map(json.dumps, lines)) if lines is not None else json.dumps(first) + "\n" + second_line + ending)
            with self.assertRaises(stream.StreamError) as raised:
                stream.read_stream(*paths)
        return str(raised.exception)

    def test_a_byte_order_mark_is_no_part_of_the_first_line(self):
        with tempfile.NamedTemporaryFile("wb", suffix=".jsonl") as file:
            file.write(b"\xef\xbb\xbf" + json.dumps(self.MESSAGE).encode() + b"\r\n")
            file.flush()
            self.assertEqual(len(stream.read_stream(file.name).messages), 1)

    def test_a_line_that_cannot_be_played_is_named_with_its_cure(self):
        for line, wrong, cure in (("MSH|^~", "is no JSON", "one JSON object a line"), ("[1]", "is no JSON object", "one JSON object a line"),
                                  (json.dumps({**self.MESSAGE, "hl7": None}), 'has no "hl7"', "begins with MSH"),
                                  (json.dumps({**self.MESSAGE, "at": "yesterday"}), '"at": "yesterday"', "say when the message arrives"),
                                  (json.dumps({"hl7": "MSH|"}), '"at": null', "say when the message arrives")):
            said = self.refused(line)
            for part in ("stream.jsonl, line 2: ", wrong, cure):
                self.assertIn(part, said)

    def test_a_file_that_was_cut_off_is_said_to_be(self):
        self.assertIn("line 2: is no JSON", self.refused('{"at": "2020', ending=""))
        self.assertIn("may have been cut off", self.refused('{"at": "2020', ending=""))

    def test_a_line_of_what_is_expected_is_named_as_well(self):
        self.assertIn('expected.jsonl, line 2: has no "expect_final"', self.refused('{"encounter": "E"}', expected=True))

    def test_the_program_says_it_in_one_line_and_starts_nothing(self):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("MSH|^~\n")
            file.flush()
            ran = subprocess.run([sys.executable, "-B", "-m", "hospital", "--baton", "/nowhere", "--stream", file.name], capture_output=True, text=True,
                                 env={**os.environ, "PYTHONPATH": DEPLOY}, check=False)
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertTrue(ran.stderr.startswith(f"error: {file.name}, line 1: is no JSON"), ran.stderr)
        self.assertEqual(ran.stderr.count("\n"), 1)


class Stream:
    def __init__(self, expected):
        self.expected = expected
        self.numbers = {"long-number": ["short"]}


def case(outcome, key="short", id="1"):
    return {"id": id, "business_key": key, "attributes": {"outcome": outcome, "encounter": key}}


class SummaryTest(unittest.TestCase):
    def compare(self, cases, expect_final="discharged", active=1):
        return summary.compare(Stream([{"encounter": "long-number", "expect_final": expect_final, "active_discharge_workflows": active}]), cases)[0]["ok"]

    def test_one_case_that_ended_as_expected_is_right(self):
        self.assertTrue(self.compare([case("discharged")]))
        self.assertTrue(self.compare([case("deceased_no_followup")], "deceased_no_followup", 0))

    def test_a_case_that_says_that_another_one_is_the_stays_is_none(self):
        for outcome in ("other_number", "told_again"):
            self.assertTrue(self.compare([case("discharged"), case(outcome, id="2")]))
            self.assertFalse(self.compare([case(outcome)]))

    def test_every_difference_is_seen(self):
        self.assertFalse(self.compare([]))
        self.assertFalse(self.compare([case("ama_followup_review")]))
        self.assertFalse(self.compare([case("discharged", id="1"), case("discharged", id="2")]))
        self.assertFalse(self.compare([case("discharged", key="another")]))
        self.assertFalse(self.compare([case(None)]))
        self.assertFalse(self.compare([case("discharged")], active=0))


    def test_a_difference_says_what_is_different(self):
        def said(outcome, active):
            expected = Stream([{"encounter": "long-number", "expect_final": "discharged", "active_discharge_workflows": active}])
            return summary.difference(summary.compare(expected, [case(outcome)])[0])
        self.assertIn("expected discharged, followed up by 2; ended discharged, followed up by 1", said("discharged", 2))
        self.assertIn("expected discharged; ended ama_followup_review", said("ama_followup_review", 1))


class PeopleTest(unittest.TestCase):
    def test_somebody_always_has_an_answer_that_the_task_takes(self):
        for name in [*ANSWERS, "a task that nobody here knows"]:
            outcome, reason = choose({"id": name + ".1", "name": name, "outcomes": [{"name": "this"}, {"name": "that"}]})
            self.assertIn(outcome, ["this", "that"])
            self.assertTrue(reason)


class ResponderTest(unittest.TestCase):
    def test_the_same_request_again_has_one_effect_and_the_same_answer(self):
        hospital = Hospital()
        first = hospital.post(["notices"], "K1", {"id": "N1", "instance": "I", "acknowledge_by_signal": "s"})
        self.assertEqual(hospital.post(["notices"], "K1", {"id": "N1", "instance": "I", "acknowledge_by_signal": "s"}), first)
        self.assertEqual(hospital.effects(), ({"/notices": 1}, 1))


class MllpTest(unittest.TestCase):
    def test_only_positive_codes_count_as_accepted(self):
        for code, accepted in (("AA", True), ("CA", True), ("AE", False), ("AR", False), ("CR", False)):
            answer = Acknowledgement(f"MSH|^~\\&|A\rMSA|{code}|C1\r")
            self.assertEqual((answer.accepted, answer.control_id), (accepted, "C1"))


if __name__ == "__main__":
    unittest.main()
