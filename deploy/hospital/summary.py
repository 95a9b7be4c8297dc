"""What came of a hospital's stream: compared with what was expected, and told so that a person can read it."""

import collections

from .api import quoted

FOLLOWED_UP = ("discharged", "ama_followup_review")  # Outcomes after which somebody looks after the patient.
# Such a case says that another one is the stay's: that goes on with it, or had ended when a message was told again.
OF_ANOTHER = {"other_number", "told_again"}


def collect(api, stream, day, people, hospital, seconds):
    """The summary as plain data: what --json prints."""
    cases = list(api.pages("/v1/instances", workflow="discharge"))
    incidents = list(api.pages("/v1/incidents"))
    told, repeated = hospital.effects()
    outcomes = compare(stream, cases)
    metrics = api.get("/v1/metrics")
    return {
        "messages": {"sent": len(stream.messages), "acknowledged": day.acknowledged, "refused": len(day.rejected),
                     "refusals": [" ".join(each) for each in day.rejected[:20]]},
        "patients": len({message.patient for message in stream.messages}),
        "discharges": {"cases": len(cases), "expected": len(stream.expected), "as_expected": sum(each["ok"] for each in outcomes),
                       "by_outcome": count(case["attributes"].get("outcome") for case in cases),
                       "by_follow_up": count(case["attributes"].get("follow_up") for case in cases),
                       "different": [each for each in outcomes if not each["ok"]]},
        "tasks": {"decided": sum(people.decided.values()), "escalated": people.escalated,
                  "by_name": {name: dict(answers) for name, answers in by_name(people.decided).items()},
                  "refused": people.refused[:20]},
        "other_systems": {"told": told, "asked_again": repeated},
        "incidents": [{"instance": each["instance"], "code": each["cause"]["code"], "message": each["cause"]["message"],
                       "line": each.get("line", "")} for each in incidents],
        "reproduced": reproduced(api),
        "waiting": waiting(api),
        "history": history_of_one(api, cases),
        "speed": {"seconds": round(seconds, 2), "messages_per_second": round(len(stream.messages) / max(seconds, 0.001), 1),
                  "mllp_ms_per_message": round(1000 * day.send_seconds / max(len(stream.messages), 1), 2),
                  "virtual_days": day.days_lived, "clock_moves": day.clock.moves, "turns": metrics.get("turns"),
                  "commit_rounds": metrics.get("rounds")},
    }


def count(values):
    return dict(collections.Counter(value or "open" for value in values).most_common())


def by_name(decided):
    grouped = {}
    for (name, outcome), number in sorted(decided.items()):
        grouped.setdefault(name, {})[outcome] = number
    return grouped


def compare(stream, cases):
    """For each expected encounter: did exactly one case end as expected, and was it followed up by as many as expected?"""
    by_encounter = collections.defaultdict(list)
    for case in cases:
        names = {case["attributes"].get("encounter"), (case.get("business_key") or "")}
        for name in names - {None, ""}:
            by_encounter[name].append(case)
    results = []
    for row in stream.expected:
        names = [row["encounter"], *stream.numbers.get(row["encounter"], [])]
        found = {case["id"]: case for name in names for case in by_encounter.get(name, [])}.values()
        outcomes = [case["attributes"].get("outcome") or "open" for case in found]
        ended = [outcome for outcome in outcomes if outcome not in OF_ANOTHER]
        followed_up = sum(outcome in FOLLOWED_UP for outcome in ended)
        wanted = row.get("active_discharge_workflows")
        ok = ended == [row["expect_final"]] and (wanted is None or followed_up == wanted)
        results.append({"encounter": row["encounter"], "scenario": row.get("scenario", ""), "expected": row["expect_final"],
                        "expected_followed_up": wanted, "ended": ended, "followed_up": followed_up, "ok": ok})
    return results


def difference(row):
    """One line for an encounter that did not end as expected: whatever is different in it."""
    expected, ended = row["expected"], ", ".join(row["ended"]) or "without a case"
    if row["expected_followed_up"] not in (None, row["followed_up"]):
        expected += f", followed up by {row['expected_followed_up']}"
        ended += f", followed up by {row['followed_up']}"
    return f"{row['encounter']} ({row['scenario']}) expected {expected}; ended {ended}"


def reproduced(api):
    """Every closed case, run again by its own bundle over its journal: how many there are, and which decided otherwise."""
    closed, different = 0, []
    for status in ("completed", "failed", "cancelled"):
        for instance in list(api.pages("/v1/instances", status=status)):
            closed += 1
            report = api.get(f"/v1/instances/{quoted(instance['id'])}/reproduce")
            if not report["reproduced"]:
                different.append({"instance": instance["id"], "workflow": instance["workflow"], "differences": report["differences"][:3]})
    return {"closed": closed, "different": different}


def waiting(api):
    """The open cases and why they wait, in the words of their scripts."""
    found = []
    for instance in api.pages("/v1/instances", status="running"):
        detail = api.get("/v1/instances/" + quoted(instance["id"]))
        why = [f"task {task['name']}: {(task.get('request') or {}).get('why', '')}" for task in detail["open_tasks"]]
        why += [f"incident: {incident['cause']['message']}" for incident in detail["incidents"]]
        why += [f"{cause['kind']} {cause['name']}".strip() + (f", at the latest {cause['due'][:16]}" if cause.get("due") else "")
                for cause in detail["waits_for"]]
        found.append({"instance": instance["id"], "workflow": instance["workflow"], "why": why})
    return found


def history_of_one(api, cases):
    """The case that tells most: a withdrawn discharge when there is one, else the longest."""
    if not cases:
        return []
    rows = max((list(api.pages(f"/v1/instances/{quoted(case['id'])}/history")) for case in pick(cases)), key=interest)
    return [{"at": row["at"], "what": sentence(row, rows)} for row in rows if sentence(row, rows)]


def pick(cases):
    return sorted(cases, key=lambda case: case["id"])[:40]


def interest(rows):
    events = [row.get("event_type") for row in rows]
    return ("encounter.discharge_cancelled" in events, min(len(rows), 90))


def sentence(row, rows):
    """One line of a history for people; "" for what only the machine needs."""
    kind = row["type"]
    if kind == "Started":
        event = (row.get("input") or {}).get("event") or {}
        return f"begins with {event.get('type', row.get('workflow'))}"
    if kind == "EventReceived":
        return f"hears {row['event_type']}"
    if kind == "OperationScheduled":
        operation = row.get("operation") or row
        if operation["kind"] == "task":
            return f"asks {' or '.join(roles_of(operation))}: {operation['name']}"
        if operation["kind"] == "activity":
            return f"calls {operation['name']}"
        if operation["kind"] == "child":
            return f"starts {operation['name']}"
        return ""
    if kind == "OperationResolved":
        name = next((each["operation"] for each in rows if each["type"] == "OperationScheduled"
                     and (each.get("operation") or each)["seq"] == row["seq"]), None)
        value = (row.get("outcome") or {}).get("value")
        if name and name["kind"] == "task" and isinstance(value, dict):
            by = (value.get("by") or {}).get("subject", "")
            return f"{by} decides {name['name']}: {value.get('outcome')} ({value.get('reason') or 'no reason'})"
        return ""
    if kind == "OperationCancelled":
        return ""
    if kind == "DecisionRecorded":
        decision = row.get("decision") or {}
        return f"decides {row['name']}: {decision.get('outcome')} ({decision.get('reason')})"
    if kind == "NoteWritten":
        return f"notes: {words(row['note'])}"
    if kind == "KeyAdded":
        return f"is found by {row['business_key']} too"
    if kind == "AttributesSet":
        return "is now " + ", ".join(f"{name} {value}" for name, value in row["attributes"].items())
    if kind in ("Completed", "Failed", "Cancelled", "IncidentOpened", "SignalReceived"):
        return {"Completed": "is closed", "Failed": "has failed", "Cancelled": "is cancelled", "IncidentOpened": "needs an operator",
                "SignalReceived": f"gets the signal {row.get('name')}"}[kind]
    return ""


def words(note):
    """A note as a person would read it."""
    if not isinstance(note, dict):
        return str(note)
    return ", ".join(f"{name.replace('_', ' ')} {value.get('subject', '') if isinstance(value, dict) else value}"
                     for name, value in note.items())


def roles_of(operation):
    candidates = (operation.get("request") or {}).get("candidates") or {}
    return candidates.get("roles") or [candidates.get("role", "somebody")]


def ok(summary):
    found = summary["discharges"]
    return not (found["different"] or summary["reproduced"]["different"] or summary["messages"]["refused"] or summary["incidents"] or summary["tasks"]["refused"])


def as_text(summary):
    found, tasks, speed = summary["discharges"], summary["tasks"], summary["speed"]
    lines = ["", "One case, as it went", ""]
    lines += [f"  {row['at'][:16].replace('T', ' ')}  {row['what']}" for row in summary["history"]]
    lines += ["", "Decisions by people", ""]
    lines += [f"  {name:24} {', '.join(f'{outcome} {number}' for outcome, number in answers.items())}"
              for name, answers in tasks["by_name"].items()]
    lines += ["", "Summary", ""]
    acknowledged = ", ".join(f"{code} {number}" for code, number in summary["messages"]["acknowledged"].items())
    lines.append(f"  messages      {summary['messages']['sent']} sent, acknowledged {acknowledged}")
    lines.append(f"  patients      {summary['patients']}")
    lines.append(f"  discharges    {found['cases']} cases: {pairs(found['by_outcome'])}")
    lines.append(f"  follow-up     {pairs(found['by_follow_up'])}")
    lines.append(f"  tasks         {tasks['decided']} decided by people, {tasks['escalated']} of them after an escalation")
    lines.append(f"  told          {sum(summary['other_systems']['told'].values())} notices and corrections to other systems, each once")
    lines.append(f"  run again     {summary['reproduced']['closed']} closed cases, {len(summary['reproduced']['different'])} of them decide otherwise now")
    lines.append(f"  incidents     {len(summary['incidents'])}")
    lines.append(f"  still waiting {len(summary['waiting'])}")
    lines += [f"    {each['workflow']} {each['instance']}: {'; '.join(each['why'])}" for each in summary["waiting"][:10]]
    lines.append(f"  speed         {speed['virtual_days']} days in {speed['seconds']} s; an acknowledgement took {speed['mllp_ms_per_message']} ms")
    lines += [f"  refused: {each}" for each in summary["messages"]["refusals"] + tasks["refused"]]
    lines += [f"  incident: {each['instance']} {each['code']} {each['message']} {each['line']}" for each in summary["incidents"][:20]]
    lines += [f"  decides otherwise: {each['instance']} {each['differences']}" for each in summary["reproduced"]["different"][:20]]
    lines += [f"  different: {difference(each)}" for each in found["different"][:40]]
    if found["expected"]:
        lines += ["", f"{found['as_expected']} of {found['expected']} encounters ended as expected"]
    return "\n".join(lines)


def pairs(numbers):
    return ", ".join(f"{name} {number}" for name, number in numbers.items())
