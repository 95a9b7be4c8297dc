"""The people who decide: they look at the open tasks, take those of their role, and answer by simple rules, each with a reason.

Who answers what, and how long that takes, follows from a hash of the task, so that every run is alike. Most answers come within
two hours; some come late, so that escalations are seen at work.
"""

import datetime

from .api import ApiError, quoted
from .responder import share

# For each task the outcomes that people here choose, up to which number of 256 and the reason they give.
ANSWERS = {
    "readiness_checklist": [("needs_services", 60, "a walking frame and a nurse at home"), ("ready", 256, "all items are done")],
    "medication_review": [("refuse", 30, "the dose does not fit the kidneys"), ("change", 120, "stop the drug from home"),
                          ("approve", 256, "the difference is meant")],
    "resolve_medication": [("changed", 200, "corrected the order"), ("kept", 256, "benefit outweighs the risk")],
    "follow_up_call": [("declined", 10, "wants no calls"), ("not_reached", 80, "no answer"), ("reached", 256, "spoke with the patient")],
    "clinical_concern": [("advised", 256, "explained the drugs again")],
    "unreachable_patient": [("letter_sent", 256, "wrote to the patient")],
    "book_visit": [("not_needed", 12, "already has a visit"), ("declined", 20, "wants none"), ("booked", 256, "booked with primary care")],
    "visit_kept": [("missed", 30, "did not come"), ("kept", 256, "was there")],
    "visit_missed": [("home_visit", 256, "a nurse goes there")],
    "call_recipient": [("unreachable", 20, "nobody answers"), ("told", 256, "told by telephone")],
    "call_about_correction": [("unreachable", 20, "nobody answers"), ("told", 256, "told by telephone")],
    "complete_summary": [("done", 256, "wrote the missing part")],
    "chase_result": [("abnormal", 60, "found in the laboratory"), ("normal", 256, "found in the laboratory")],
    "review_result": [("patient_informed", 256, "called the patient")],
    "list_pending_results": [("none", 256, "nothing is pending")],
    "ama_follow_up": [("no_follow_up", 60, "the patient refuses"), ("follow_up", 256, "the risk is high")],
    "unfinished_follow_up": [("go_on", 40, "one more week"), ("close", 256, "nothing more to be gained")],
    "long_stay": [("still_here", 256, "seen in the ward")],
}
LATE = 16  # Of 256 tasks so many are answered only a day and more later.


class People:
    def __init__(self, api, front):
        self.api = api
        self.front = front  # Speaks for the people.
        self.plans = {}    # By task id: when somebody will answer it.
        self.decided = {}  # By name and outcome: how many.
        self.escalated = 0
        self.refused = []  # Answers that Baton did not take, as text.

    def look(self, now):
        """Reads the open tasks, and plans who answers when. Returns when the next answer is due, or None."""
        open_ids = set()
        for task in self.api.pages("/v1/tasks"):
            open_ids.add(task["id"])
            if task["id"] not in self.plans:
                self.plans[task["id"]] = (answered_at(task, now), task)
            else:
                self.plans[task["id"]] = (self.plans[task["id"]][0], task)
        self.plans = {id: plan for id, plan in self.plans.items() if id in open_ids}
        return min((at for at, _ in self.plans.values()), default=None)

    def answer(self, now):
        """Answers what is due. Returns how many."""
        due = [task for at, task in self.plans.values() if at <= now]
        for task in due:
            self._decide(task)
            del self.plans[task["id"]]
        return len(due)

    def _decide(self, task):
        role = task["roles"][-1] if task.get("roles") else "nurse"
        person = f"{role}-{share('person', task['id']) % 3 + 1}"
        who = {"x-baton-subject": person, "x-baton-role": role}
        if task.get("units"):  # One of those who work there.
            who["x-baton-unit"] = task["units"][0]
        outcome, reason = choose(task)
        path = f"/v1/tasks/{quoted(task['id'])}"
        body = {"outcome": outcome, "reason": reason}
        value = value_of(task, outcome)
        if value:
            body["value"] = value
        codes = next((each["reason_codes"] for each in task["outcomes"] if each["name"] == outcome), [])
        if codes:
            body["reason_code"] = codes[0]["code"]
        try:
            self.front.post(path + "/claim", headers=who)
            self.front.post(path + "/decide", body, headers={**who, "idempotency-key": "decide-" + task["id"]})
        except ApiError as error:
            # The task was withdrawn between the look and the answer: nobody's fault.
            if error.status not in (404, 409, 410):
                self.refused.append(f"{task['name']}: {error}")
            return
        self.escalated += 1 if task.get("escalations_done") else 0
        key = (task["name"], outcome)
        self.decided[key] = self.decided.get(key, 0) + 1


def choose(task):
    outcomes = [each["name"] for each in task["outcomes"]]
    luck = share("answer", task["id"])
    for outcome, below, reason in ANSWERS.get(task["name"], []):
        if luck < below and outcome in outcomes:
            return outcome, reason
    return outcomes[0], "as usual"


def value_of(task, outcome):
    """What the form holds, for the answers that need more than an outcome."""
    if task["name"] == "follow_up_call" and outcome == "reached" and share("concern", task["id"]) < 20:
        return {"concern": "dizzy after the new tablets"}
    if task["name"] == "medication_review" and outcome == "change":
        return {"drugs": [{"drug": "the drug from home", "action": "stop"}]}
    if task["name"] == "readiness_checklist":
        return {"risk": "high" if share("risk", task["instance"]) < 64 else "moderate"}
    return None


def answered_at(task, now):
    """Some quarters of an hour after now, or when it is late already."""
    if share("late", task["id"]) < LATE:
        return now + datetime.timedelta(hours=26)
    return now + datetime.timedelta(minutes=15 * (1 + share("delay", task["id"]) % 8))
