"""People who may sign in for a day, for whoever looks at Baton: one for each way of working. docs/SIGN_IN.md lists them."""

PEOPLE = [
    ("nurse.ann", "Ann Lee", ["nurse"], ["MED"], "claims and decides nurses' tasks, and those of her ward: begin here"),
    ("charge.ines", "Ines Kramer", ["charge_nurse", "nurse"], ["MED", "SURG"], "and plans duty, hands tasks to others, replaces outcomes, sees the charts"),
    ("pharmacist.bo", "Bo Lindgren", ["pharmacist"], [], "reviews medication"),
    ("dr.cho", "Min Cho", ["physician", "attending"], ["MED", "CARD"], "decides physicians' tasks, and overrides: open a case that has left"),
    ("case.omar", "Omar Reyes", ["case_manager"], [], "steers discharges"),
    ("coordinator.lea", "Lea Brandt", ["referral_coordinator", "coordinator"], [], "books and chases referrals"),
    ("clerk.tom", "Tom Abel", ["unit_clerk"], ["ORTH"], "does what clerks do"),
    ("operator.sam", "Sam Okafor", ["operator"], [], "the board, incidents, messages, many cases at once; sees no personal data"),
    ("developer.kim", "Kim Duarte", ["developer"], [], "deploys bundles, looks at scripts and journals; sees no personal data"),
    ("auditor.eva", "Eva Novak", ["auditor"], [], "asks the ledger, and takes evidence away; changes nothing"),
    ("records.ruth", "Ruth Adler", ["records_officer"], [], "places and lifts legal holds, lets go what may go"),
    ("admin.max", "Max Roe", ["admin"], [], "people and keys; nothing about patients"),
]


def add(api):
    """Adds them all; returns each one's password, which ends after a day."""
    return {user: api.post("/v1/users", {"user": user, "name": name, "roles": roles, "units": units, "expires_in": "24h"})["password"]
            for user, name, roles, units, _ in PEOPLE}


def as_text(passwords):
    lines = ["", "Sign in as, for a day:"]
    for user, name, roles, units, does in PEOPLE:
        of = f" of {' and '.join(units)}" if units else ""
        lines.append(f"  {user:<16} {passwords[user]:<22} {name}, {' and '.join(roles).replace('_', ' ')}{of}: {does}")
    return "\n".join(lines)
