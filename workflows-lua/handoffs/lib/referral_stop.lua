-- What ends a referral before its loop is closed: whoever asked takes it back, the other side is told by message, the patient dies. And what
-- puts it in doubt: the admission that it came of was cancelled, or it may be about somebody else, so that somebody has to say whether it is
-- still needed.
local life = require "life"
local policy = require "policy"
local ward = require "ward"

local stop = {}

-- Whether the other side may know of the referral: it was sent, or it is not certain that it was not.
function stop.may_be_known(referral) return referral.sent == true and not referral.unsaid end

local CANCELLED = "The admission that this referral came of was cancelled: is it still needed?"
local DOUBTS_OF_STAY = {
  ["encounter.admit_cancelled"] = CANCELLED, ["encounter.deleted"] = CANCELLED, ["encounter.visit_cancelled"] = CANCELLED,
  ["encounter.moved_away"] = "The stay that this referral came of was moved to another patient's record: is it for this patient?",
}
local DOUBTS_OF_PATIENT = {
  ["patient.unlinked"] = "Two records were said to be of two people after all, and this patient's is one of them: is the referral for this patient?",
  ["patient.identifiers_moved_away"] = "An identifier of this patient was moved to another record: is the referral for this patient?",
}

-- What an event puts in doubt, as a question; nil when nothing.
local function doubt(referral, event)
  local of_its_stay = event.encounter ~= nil and event.encounter == referral.encounter
  return DOUBTS_OF_PATIENT[event.type] or of_its_stay and DOUBTS_OF_STAY[event.type] or nil
end

-- The stay that it came of has another number from now on.
local function take_number(ctx, referral, number)
  if type(number) ~= "string" or number == "" then return end  -- Anybody may send a signal.
  referral.encounter = number
  ctx:set("encounter", number)
end

local function follow_number(ctx, referral, event)
  local old = (event.data or {}).previous_encounter
  if old and old == referral.encounter then take_number(ctx, referral, event.encounter) end
end

-- Waits until a message about the patient ends the referral ({ died }) or puts it in doubt ({ doubt }).
local function hear_of_patient(ctx, referral)
  repeat
    local event = ctx:wait_event(life.EVENTS, { why = "The death of the patient ends the referral, and a cancelled admission puts it in doubt" })
    if life.hear(referral.life, event) and referral.life.died then return { died = true } end
    follow_number(ctx, referral, event)
    local question = doubt(referral, event)
    if question then return { doubt = question } end
  until false
end

local function ask_whether_needed(ctx, referral)
  local answer = ctx:task("referral_in_doubt", {
    why = referral.in_doubt,
    data = { referral = referral.number, order = referral.order, encounter = referral.encounter },
    candidates = ward.people(referral.ward, { role = "referrer" }),
    outcomes = { "keep", "cancel" },
    priority = "high",
    due = ctx:business("4h", { calendar = policy.calendar }),
    escalate = { { at = "due", to = "referral_coordinator" } },
  })
  ctx:decide("referral_in_doubt", { outcome = answer.outcome, reason = answer.reason, evidence = { by = answer.by } })
  return answer
end

local function next_word(ctx, referral)
  return ctx:race {
    message = function(s)
      return s:wait_event("referral.cancelled", { where = { ["data.referral"] = referral.numbers }, why = "A message may cancel the referral" })
    end,
    patient = function(s) return hear_of_patient(s, referral) end,
    number = function(s) return s:wait_signal("stay_number", { why = "The stay that it came of may get another number" }) end,
    signal = function(s) return s:wait_signal("cancel", { why = "Whoever asked may take the referral back" }) end,
    stay = referral.in_doubt and function(s) return ask_whether_needed(s, referral) end or nil,
  }
end

-- Waits until the referral is cancelled, and says why. Nil where nothing is in doubt, if no more is `asked`, and where something is that is
-- being sent.
local function wait_for_cancel(ctx, referral, asked)
  repeat
    if asked and not referral.in_doubt then return nil end
    local winner, told = next_word(ctx, referral)
    if winner == "message" then return "cancelled by message" end
    if winner == "signal" then return type(told) == "table" and type(told.reason) == "string" and told.reason or "cancelled by the referrer" end
    if winner == "patient" and told.died then return "the patient has died" end
    if winner == "stay" and told.outcome == "cancel" then return told.reason or "it is not needed any more" end
    if winner == "number" then
      take_number(ctx, referral, type(told) == "table" and told.number)
    else
      referral.in_doubt = winner == "patient" and told.doubt or nil  -- The question goes on in the next state, until it is answered.
      if referral.in_doubt and referral.sending then return nil end
    end
  until false
end

-- Nothing leaves the house while somebody is asked for whom the referral is, or whether it is needed: waits for the answer. Returns the next
-- state when it is cancelled meanwhile.
function stop.while_in_doubt(ctx, referral)
  referral.cancelled_because = wait_for_cancel(ctx, referral, true)
  return referral.cancelled_because and "cancelled"
end

-- Does `work`, which returns the next state, unless the referral is cancelled first, or is in doubt before it is out: then it is sent once somebody
-- has answered.
function stop.unless_cancelled(ctx, referral, work)
  local winner, result = ctx:race {
    work = function(s) return work(s) end,
    cancel = function(s) return wait_for_cancel(s, referral) end,
  }
  if winner == "work" then return result end
  if not result then return "sent" end
  referral.cancelled_because = result
  return "cancelled"
end

return stop
