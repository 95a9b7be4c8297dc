-- What people are asked about a stay when messages do not say it. Each waits for the answer; what it says of the stay is a decision.
local policy = require "policy"
local tables = require "tables"
local ward = require "ward"

local questions = {}

-- What a decision upon a message goes back to: who sent it, and under which number. Together they name it.
function questions.evidence(event, more)
  local source = event.source or {}
  return tables.merge({ source = source.system, message = source.message_id }, more)
end

local function decide(ctx, name, event, answer)
  ctx:decide(name, { outcome = answer.outcome, reason = answer.reason, evidence = questions.evidence(event, { by = answer.by }) })
end

-- A message may mean that the patient has left. Returns the change that the answer is, if any.
function questions.whether_left(ctx, case, event)
  local code = event.data.disposition_code
  local answer = ctx:task("discharge_in_doubt", {
    why = "A message says where the patient goes, or when, and none says that the patient has left: is the patient still here?",
    data = { ward = case.ward, told = event.type, code = code, discharged_at = event.data.discharged_at },
    candidates = ward.people(case.ward, { role = "unit_clerk" }),
    outcomes = { "left", "still_here" },
    due = "4h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
  decide(ctx, "discharge_in_doubt", event, answer)
  case.doubt = nil
  if answer.outcome == "left" then
    local said = tables.copy(event)
    if policy.says_still_here(code) then said.data.disposition_code = nil end
    return { kind = "left", event = said }
  end
  case.still_here = { code = select(2, policy.disposition(code)) and code or nil, left = event.data.discharged_at }
end

function questions.whether_lives(ctx, case)
  return ctx:task("death_contradicted", {
    why = "The discharge says that the patient has died, and a later message that the patient lives: which is true?",
    data = { ward = case.ward, attending = case.attending, code = case.code },
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "lives", "has_died" },
    priority = "high",
    due = "4h",
    escalate = { { at = "due", to = "attending" } },
  })
end

function questions.whether_admitted_here(ctx, case)
  return ctx:task("admission_not_told", {
    why = "The discharge says that the patient was admitted here as an inpatient, and no admission was told: is the patient in?",
    data = { ward = case.ward, encounter = case.encounter, code = case.code },
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "in_hospital", "left" },
    priority = "high",
    due = "4h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
end

local WHY_MOVED = {
  ["patient.unlinked"] = "Two records were said to be of two people after all, and this patient's is one of them: is the stay this patient's?",
}

function questions.whether_moved(ctx, case, event)
  local answer = ctx:task("stay_moved_away", {
    why = WHY_MOVED[event.type] or "This stay, or an identifier of this patient, was moved to another record: is the stay still this patient's?",
    data = { encounter = case.encounter, ward = case.ward, told = event.type, to = event.data.to or event.data.linked },
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "moved", "stays_here" },
    priority = "high",
    due = "4h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
  decide(ctx, "stay_moved_away", event, answer)
  return answer
end

function questions.whether_in(ctx, case, event)
  local answer = ctx:task("moved_after_discharge", {
    why = "The patient was moved to another bed after the discharge: is the patient still here?",
    data = { ward = case.ward, discharged_at = ctx:format_time(case.left), moved_at = event.occurred_at },
    candidates = ward.people(case.ward, { role = "unit_clerk" }),
    outcomes = { "in_hospital", "left" },
    priority = "high",
    due = "4h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
  decide(ctx, "moved_after_discharge", event, answer)
  return answer
end

function questions.where_now(ctx, case, event)
  local answer = ctx:task("stay_moved_here", {
    why = "This stay was moved here from another patient's record: is the patient in, or has the patient left?",
    data = { encounter = case.encounter, ward = case.ward, from = event.data.from },
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "in_hospital", "left", "no_stay" },
    priority = "high",
    due = "4h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
  decide(ctx, "stay_moved_here", event, answer)
  return answer
end

-- A message of a stay whose case has ended. Where it says that there was no stay, there is none to follow.
function questions.whether_to_follow(ctx, case, event, is_stay)
  local ask = is_stay and "is the stay to be followed?" or "does anybody still act upon the stay, or know of it?"
  local answer = ctx:task("stay_told_again", {
    why = ("%s was told after the case of this stay had ended: %s"):format(event.type, ask),
    data = { encounter = case.encounter, ward = case.ward, told = event.type },
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = is_stay and { "follow", "leave" } or { "leave" },
    due = ctx:business("4h", { calendar = policy.calendar }),
  })
  decide(ctx, "stay_told_again", event, answer)
  return answer
end

return questions
