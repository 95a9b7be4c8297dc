"""People who may sign in for a day, for whoever looks at Baton: one for each way of working. docs/SIGN_IN.md lists them."""

PEOPLE = [
    ("nurse.ann", "Ann Lee", ["nurse"], ["4-west"], "claims and decides nurses' tasks"),
    ("charge.ines", "Ines Kramer", ["charge_nurse", "nurse"], ["4-west"], "and reassigns them, and overrides"),
    ("pharmacist.bo", "Bo Lindgren", ["pharmacist"], [], "reviews medication"),
    ("dr.cho", "Min Cho", ["physician", "attending"], ["4-west"], "decides physicians' tasks, overrides"),
    ("case.omar", "Omar Reyes", ["case_manager"], [], "steers discharges"),
    ("coordinator.lea", "Lea Brandt", ["referral_coordinator", "coordinator"], [], "books and chases referrals"),
    ("clerk.tom", "Tom Abel", ["unit_clerk"], ["4-west"], "does what clerks do"),
    ("operator.sam", "Sam Okafor", ["operator"], [], "incidents and queues; sees no personal data"),
    ("developer.kim", "Kim Duarte", ["developer"], [], "deploys bundles; sees no personal data"),
    ("auditor.eva", "Eva Novak", ["auditor"], [], "reads everything, changes nothing"),
    ("admin.max", "Max Roe", ["admin"], [], "people and keys; nothing about patients"),
]


def add(api):
    """Adds them all; returns each one's password, which ends after a day."""
    return {user: api.post("/v1/users", {"user": user, "name": name, "roles": roles, "units": units, "expires_in": "24h"})["password"]
            for user, name, roles, units, _ in PEOPLE}


def as_text(passwords):
    lines = ["", "Sign in as, for a day:"]
    for user, name, roles, _, does in PEOPLE:
        lines.append(f"  {user:<16} {passwords[user]:<22} {name}, {' and '.join(roles)}: {does}")
    return "\n".join(lines)
