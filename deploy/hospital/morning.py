"""A morning that is not played to its end, for whoever looks at the console: people of the stream come in again, some leave, one message cannot
be understood, and then the clock stops, with tasks waiting and some of them late."""

import datetime

WARDS = ("MED", "SURG", "CARD", "ORTH")
COUNT = 48
HOURS = 12  # From the first admission until the clock stops: what is due within the day is late then, the rest is not.


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


def adt(trigger, control, at, patient, ward, bed, stay, disposition=""):
    time = at.strftime("%Y%m%d%H%M%S")
    left = time if disposition else ""
    visit = ["PV1", "1", "I", f"{ward}^{bed}^A"] + [""] * 15 + [stay] + [""] * 16 + [disposition] + [""] * 7 + [time, left]
    return "\r".join([f"MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|{time}||ADT^{trigger}^ADT_A01|{control}|P|2.5.1|||AL|NE||UNICODE UTF-8",
                      f"EVN|{trigger}|{time}", patient, "|".join(visit), ""])


def play(day, messages):
    """Admits them over some hours of the virtual clock; every third goes home at once. Nobody decides anything."""
    begin = day.clock.now
    for number, patient in enumerate(patients(messages)):
        at = begin + datetime.timedelta(minutes=10 * number)
        day.clock.set(at)
        stay, ward = f"M{number + 1:04}", WARDS[number % len(WARDS)]
        day.mllp.send(adt("A01", f"MORNING{number}A", at, patient, ward, 101 + number, stay))
        if number % 3 == 2:
            day.mllp.send(adt("A03", f"MORNING{number}B", at, patient, ward, 101 + number, stay, "01"))
    time = begin.strftime("%Y%m%d%H%M%S")
    day.mllp.send(f"MSH|^~\\&|SYNADT|GENHOSP|RUNTIME|HUB|{time}||ADT^A01^ADT_A01|MORNING-BAD|P|2.5.1\rEVN|A01|{time}\r")
    day.clock.set(begin + datetime.timedelta(hours=HOURS))
    day.clock.settle()
