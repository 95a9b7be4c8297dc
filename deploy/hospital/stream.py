"""A hospital's day as a file: one JSON object a line, in the order of arrival, and what is expected to come of it.

    {"at": "1993-02-03T10:00:00+00:00", "control_id": "..", "trigger": "A01", "encounter": "..", "hl7": "MSH|.."}
    {"encounter": "..", "expect_final": "discharged", "active_discharge_workflows": 1}

A line that is something else raises StreamError, which names the file, the line and the cure.

The stream may be of any century. It is moved as a whole, by whole weeks, so that its first message arrives in the first week of
FIRST_DAY: everything keeps its distance, its weekday and its hour. Times inside the messages move along.
"""

import datetime
import json
import re

FIRST_DAY = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)  # A Monday.
WEEK = datetime.timedelta(weeks=1)

# Fields that hold a time (HL7 v2.5.1, data types TS, DTM and DT) in the messages that say where a patient is.
TIME_FIELDS = {
    "MSH": {7}, "EVN": {2, 3, 6}, "PID": {7, 29, 33}, "PV1": {44, 45}, "PV2": {8, 9, 14, 17, 28, 33, 47, 48},
    "MRG": set(), "OBR": {6, 7, 8, 14, 22, 36}, "OBX": {14, 19}, "ORC": {9, 15}, "RF1": {7, 8, 9}, "SCH": {11},
    "TXA": {4, 6, 7}, "DG1": {5}, "AL1": {6}, "PR1": {5}, "IN1": {12, 13},
}
HL7_TIME = re.compile(r"^(\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14})(\.\d{1,4})?([+-]\d{4})?$")
FORMATS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class StreamError(ValueError):
    """A file that cannot be played, said so that whoever made it can mend it."""

    def __init__(self, path, number, wrong, cure):
        super().__init__(f"{path}, line {number}: {wrong}; {cure}")


class Message:
    """One message as it will be sent: when, and what."""

    def __init__(self, at, row, shift):
        self.at = at
        self.control_id = field(row["hl7"], "MSH", 10)  # What the acknowledgement has to name.
        self.encounter = row.get("encounter", "")
        self.trigger = row.get("trigger", "")
        self.text = shifted_text(row["hl7"], shift)
        self.stay = stay_number(row["hl7"])
        self.patient = patient_number(row["hl7"])


class Stream:
    def __init__(self, messages, expected):
        self.messages = messages
        self.expected = expected
        # What the hospital's own file calls an encounter, by what its messages call it.
        self.numbers = {}
        for message in messages:
            if message.stay:
                self.numbers.setdefault(message.encounter, []).append(message.stay)


def read_stream(stream_file, expected_file=None):
    rows = read_lines(stream_file, check_message)
    if not rows:
        raise ValueError(f"{stream_file}: holds no messages")
    first = min(parse_time(row["at"]) for row in rows)
    shift = WEEK * -((first - FIRST_DAY) // WEEK)
    messages, at = [], None
    for row in rows:  # The order of the file is the order of arrival, whatever the times say.
        at = max(parse_time(row["at"]) + shift, at) if at else parse_time(row["at"]) + shift
        messages.append(Message(at, row, shift))
    return Stream(messages, read_lines(expected_file, check_expected) if expected_file else [])


def read_lines(path, check=lambda row: None):
    """The rows of a file, each of which `check` takes: it returns what is wrong and how to mend it, or None."""
    rows = []
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except ValueError as error:
                cut = "the file may have been cut off: fetch it again" if not line.endswith(b"\n") else "write one JSON object a line, in UTF-8"
                raise StreamError(path, number, f"is no JSON ({error})", cut) from None
            problem = check(row) if isinstance(row, dict) else ("is no JSON object", "write one JSON object a line")
            if problem:
                raise StreamError(path, number, *problem)
            rows.append(row)
    return rows


def check_message(row):
    if not isinstance(row.get("hl7"), str) or not row["hl7"].startswith("MSH"):
        return 'has no "hl7"', 'give the text of the message, which begins with MSH'
    try:
        parse_time(row["at"])
    except (KeyError, AttributeError, TypeError, ValueError):
        return f'has no time as "at": {json.dumps(row.get("at"))}', 'say when the message arrives, as "2026-01-05T10:00:00+00:00"'
    return None


def check_expected(row):
    for name in ("encounter", "expect_final"):
        if not isinstance(row.get(name), str):
            return f'has no "{name}"', 'give "encounter" and "expect_final" as text'
    if not isinstance(row.get("active_discharge_workflows") or 0, int):
        return 'has no number as "active_discharge_workflows"', "give a number or leave it out"
    return None


def parse_time(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)


def shifted_time(text, shift):
    """An HL7 time moved by `shift`, with the precision and the offset that it had. What is no time stays as it is."""
    found = HL7_TIME.match(text)
    if not found:
        return text
    digits, fraction, offset = found.groups()
    try:
        at = datetime.datetime.strptime(digits, FORMATS[len(digits)]) + shift
    except (ValueError, OverflowError):
        return text
    return at.strftime("%Y%m%d%H%M%S")[:len(digits)].rjust(len(digits), "0") + (fraction or "") + (offset or "")


def shifted_text(text, shift):
    separator = text[3] if text.startswith("MSH") and len(text) > 8 else "|"
    component = text[4] if text.startswith("MSH") and len(text) > 8 else "^"
    lines = re.split(r"\r\n|\r|\n", text)
    for number, line in enumerate(lines):
        fields = line.split(separator)
        shifts = TIME_FIELDS.get(fields[0], set())
        for index in shifts:
            position = index - 1 if fields[0] == "MSH" else index  # MSH-1 is the separator itself.
            if position < len(fields) and fields[position]:
                parts = fields[position].split(component)
                fields[position] = component.join(shifted_time(part, shift) for part in parts)
        lines[number] = separator.join(fields)
    return "\r".join(lines)


def field(text, segment, index):
    """A field's first component, or "". `index` counts as HL7 does."""
    separator = text[3:4] or "|"
    for line in re.split(r"\r\n|\r|\n", text):
        fields = line.split(separator)
        if fields[0] == segment:
            position = index - 1 if segment == "MSH" else index
            return fields[position].split("^")[0] if position < len(fields) else ""
    return ""


def stay_number(text):
    """The number by which the messages know a stay: PV1-19, else PV1-50, else the account."""
    return field(text, "PV1", 19) or field(text, "PV1", 50) or field(text, "PID", 18)


def patient_number(text):
    return field(text, "PID", 3)
