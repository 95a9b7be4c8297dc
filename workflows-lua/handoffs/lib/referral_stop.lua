-- What ends a referral before its loop is closed: whoever asked takes it back, the other side is told by message, the patient dies. And what
-- puts it in doubt: the admission that it came of was cancelled, so that somebody has to say whether it is still needed.
local life = require "life"
local policy = require "policy"
local ward = require "ward"

local stop = {}

-- Whether the other side may know of the referral: it was sent, or it is not certain that it was not.
function stop.may_be_known(referral) return referral.sent == true and not referral.unsaid end

local CANCELLED_STAY = { ["encounter.admit_cancelled"] = true, ["encounter.deleted"] = true, ["encounter.visit_cancelled"] = true }

-- The stay that it came of has another number from now on.
local function follow_number(ctx, referral, event)
  local old = (event.data or {}).previous_encounter
  if old and old == referral.encounter and event.encounter then
    referral.encounter = event.encounter
    ctx:set("encounter", event.encounter)
  end
end

-- Waits until a message about the patient ends the referral ("died") or puts it in doubt ("doubted").
local function hear_of_patient(ctx, referral)
  repeat
    local event = ctx:wait_event(life.EVENTS, { why = "The death of the patient ends the referral, and a cancelled admission puts it in doubt" })
    if life.hear(referral.life, event) and referral.life.died then return "died" end
    follow_number(ctx, referral, event)
    if CANCELLED_STAY[event.type] and event.encounter and event.encounter == referral.encounter then return "doubted" end
  until false
end

local function ask_whether_needed(ctx, referral)
  local answer = ctx:task("referral_in_doubt", {
    why = "The admission that this referral came of was cancelled: is it still needed?",
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
    signal = function(s) return s:wait_signal("cancel", { why = "Whoever asked may take the referral back" }) end,
    stay = referral.in_doubt and function(s) return ask_whether_needed(s, referral) end or nil,
  }
end

-- Waits until the referral is cancelled, and says why.
local function wait_for_cancel(ctx, referral)
  repeat
    local winner, told = next_word(ctx, referral)
    if winner == "message" then return "cancelled by message" end
    if winner == "signal" then return type(told) == "table" and type(told.reason) == "string" and told.reason or "cancelled by the referrer" end
    if winner == "patient" and told == "died" then return "the patient has died" end
    if winner == "stay" and told.outcome == "cancel" then return told.reason or "the admission was cancelled" end
    referral.in_doubt = winner == "patient"  -- The question goes on in the next state, until it is answered.
  until false
end

-- Does `work`, which returns the next state, unless the referral is cancelled first.
function stop.unless_cancelled(ctx, referral, work)
  local winner, result = ctx:race {
    work = function(s) return work(s) end,
    cancel = function(s) return wait_for_cancel(s, referral) end,
  }
  if winner == "work" then return result end
  referral.cancelled_because = result
  return "cancelled"
end

return stop
