"""A morning that is not played to its end, for whoever looks at the console: people of the stream come in again, some leave, rides home are asked
for, one message cannot be understood, and then the clock stops, with tasks waiting, some of them late, an alert, an incident and a case on hold."""

import datetime
import os

from .api import quoted

WARDS = ("MED", "SURG", "CARD", "ORTH")
COUNT = 48
HOURS = 12  # From the first admission until the clock stops: what is due within the day is late then, the rest is not.
PRACTICE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "practice")
ALLERGIES = ("AL1|1|DA|PEN^Penicillin|SV|Rash~Wheezing", "AL1|2|FA|PNUT^Peanut|MO|Swelling")

# Rides home that are asked for in the last two hours: the patient, by number; what the nurse is told; and potassium where it is alarming.
RIDES = (
    (1, {"walks": "with a frame", "lives": "third floor, no lift"}, None),
    (3, {"walks": "alone", "lives": "with her daughter"}, 6.2),
    (4, {"walks": "not at all", "lives": "a nursing home"}, None),
    (6, {"walks": "alone", "lives": "with his wife"}, 5.6),
    (7, {"walks": "with help", "lives": "alone", "needs": {"position": "sitting", "at": "14:00:00Z"}}, None),  # Is booked, and the desk does not answer.
)
ON_HOLD = 9  # The admission whose case is on hold.


def patients(messages, count=COUNT):
    """PID segments of different people, as the stream's messages have them."""
    found = {}
    for message in messages:
        segment = next((part for part in message.text.split("\r") if part.startswith("PID|")), None)
        number = segment.split("|")[3] if segment else ""
        if number:
            found.setdefault(number, segment)
        if len(found) == count:
            break
    return list(found.values())


def adt(trigger, control, at, patient, ward, bed, stay, disposition="", more=()):
    time = at.strftime("%Y%m%d%H%M%S")
    left = time if disposition else ""
    visit = ["PV1", "1", "I", f"{ward}^{bed}^A"] + [""] * 15 + [stay] + [""] * 16 + [disposition] + [""] * 7 + [time, left]
    return "\r".join([f"MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|{time}||ADT^{trigger}^ADT_A01|{control}|P|2.5.1|||AL|NE||UNICODE UTF-8",
                      f"EVN|{trigger}|{time}", patient, "|".join(visit), *more, ""])


def ordered(control, at, patient, stay):
    """A result that was ordered and is not there yet."""
    time = at.strftime("%Y%m%d%H%M%S")
    return "\r".join([f"MSH|^~\\&|LAB|GENHOSP|RUNTIME|HUB|{time}||ORU^R01|{control}|P|2.5.1", patient, "PV1|1|I|MED" + "|" * 16 + stay,
                      f"OBR|1|ORD-{stay}||TROP^Troponin T|||{time}" + "|" * 18 + "O", ""])


def admit(day, messages, begin):
    """Over some hours of the virtual clock; every third goes home at once. Nobody decides anything."""
    for number, patient in enumerate(patients(messages)):
        at = begin + datetime.timedelta(minutes=10 * number)
        day.clock.set(at)
        stay, ward = f"M{number + 1:04}", WARDS[number % len(WARDS)]
        more = ALLERGIES if number % 2 == 0 else ()
        day.mllp.send(adt("A01", f"MORNING{number}A", at, patient, ward, 101 + number, stay, more=more))
        if number % 4 == 0:
            day.mllp.send(ordered(f"MORNING{number}L", at, patient, stay))
        if number % 3 == 2:
            day.mllp.send(adt("A03", f"MORNING{number}B", at, patient, ward, 101 + number, stay, "01"))
    time = begin.strftime("%Y%m%d%H%M%S")
    day.mllp.send(f"MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|{time}||ADT^A01^ADT_A01|MORNING-BAD|P|2.5.1\rEVN|A01|{time}\r")


def read_folder(folder):
    files = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), encoding="utf-8") as file:
                files[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return files


def ask_for_rides(api, now):
    """Starts a case of the practice bundle for some of those who lie in the wards."""
    api.post("/v1/bundles", {"name": "practice", "files": read_folder(PRACTICE)})
    leaves = (now + datetime.timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number, says, potassium in RIDES:
        stay, ward = f"M{number + 1:04}", WARDS[number % len(WARDS)]
        case = next(iter(api.get("/v1/instances", workflow="discharge", key=stay)["items"]))
        told = {"encounter": stay, "ward": ward, "leaves": leaves, **says, **({"potassium": potassium} if potassium else {})}
        api.post("/v1/instances", {"workflow": "ride_home", "id": f"ride-{stay}", "key": stay, "patient": case["patient"], "input": told})


# Who is on duty in the wards, from the hour to the hour of the morning; from demo_users.py, and others who do not sign in.
ROTAS = {
    "MED": (("nurse.ann", "nurse", "late", 6, 14), ("nurse.joy", "nurse", "early", 0, 8), ("charge.ines", "charge_nurse", "long", 0, 13), ("nurse.paul", "nurse", "night", 13, 24)),
    "SURG": (("nurse.mia", "nurse", "late", 6, 14), ("charge.ines", "charge_nurse", "long", 0, 13)),
    "ORTH": (("clerk.tom", "unit_clerk", "day", 0, 10), ("nurse.leo", "nurse", "early", 0, 8)),  # No nurse is on duty there when the clock stops.
    "CARD": (("nurse.ida", "nurse", "late", 6, 14), ("dr.cho", "physician", "day", 0, 13)),
}


def plan(api, begin):
    """The rotas of the wards, for this day and the next, and somebody who stands in for somebody."""
    def at(hours):
        return (begin + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")

    for ward, shifts in ROTAS.items():
        planned = [{"person": person, "role": role, "shift": shift, "from": at(first + days * 24), "to": at(last + days * 24)}
                   for days in (0, 1) for person, role, shift, first, last in shifts]
        api.request("PUT", f"/v1/rotas/{quoted(ward)}", {"shifts": planned})
    api.post("/v1/covers", {"person": "nurse.eli", "by": "nurse.ann", "from": at(0), "to": at(5 * 24), "reason": "on leave"})


def play(day, messages):
    """`day` knows the API, the clock and the line by which messages come in."""
    begin = day.clock.now
    plan(day.api, begin)
    admit(day, messages, begin)
    day.clock.set(begin + datetime.timedelta(hours=HOURS - 2))
    ask_for_rides(day.api, day.clock.now)
    day.clock.settle()
    held = next(iter(day.api.get("/v1/instances", workflow="discharge", key=f"M{ON_HOLD + 1:04}")["items"]))
    day.api.post(f"/v1/instances/{quoted(held['id'])}/pause", {"reason": "The family wants to talk to the team first"})
    day.clock.set(begin + datetime.timedelta(hours=HOURS))
    day.clock.settle()
