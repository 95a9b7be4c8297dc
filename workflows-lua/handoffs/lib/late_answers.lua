-- What comes after a referral has ended without a report: it changes nothing, and is looked at. An acceptance after the cancellation, a report
-- that nobody waited for, or that the patient lives of whom it was told that she has died. Each may be a reason to refer again.
local answers = require "referral_answers"
local appointments = require "appointments"
local consultation = require "consultation"
local life = require "life"
local policy = require "policy"
local stop = require "referral_stop"
local tables = require "tables"
local times = require "times"
local ward = require "ward"

local late_answers = {}

-- Why somebody has to look at an event, and the name of that question; nil when nobody has to.
local function question(referral, event)
  local cancelled_by_death = referral.life.died
  if life.hear(referral.life, event) and cancelled_by_death then
    return "mistaken_death", "The referral was cancelled because the patient was said to have died; a later message says that the patient lives"
  end
  if not tables.contains(referral.numbers, (event.data or {}).referral) then return nil end
  local late = event.type == "referral.answered" and answers.is_new(referral, event)
    or event.type:find("^consultation%.") and consultation.is_report(event)
    or event.type == "appointment.booked" and appointments.hear(referral.appointments, event)
  if late then return "late_answer", ("%s came after this referral had ended as %s"):format(event.type, referral.outcome) end
end

-- The new referral has a number of its own, so that no answer is taken for one of both.
local function refer_again(ctx, referral)
  referral.again = (referral.again or 0) + 1
  local order = tables.merge(referral.order, { id = ("%s-%d"):format(referral.id, #referral.numbers + referral.again) })
  ctx:child("referral", { order = order, encounter = referral.encounter, ward = referral.ward }, { key = referral.id .. "/again", detach = true })
end

local function look_at(ctx, referral, event, name, why)
  local review = ctx:task(name, {
    why = why,
    data = { referral = referral.number, order = referral.order, event = event.data, outcome = referral.outcome },
    candidates = ward.people(referral.ward, { role = "referrer" }),
    outcomes = { "noted", "refer_again" },
    due = ctx:business("1d", { calendar = policy.calendar }),
    escalate = { { at = "due", to = "referral_coordinator" } },
  })
  ctx:decide(name, { outcome = review.outcome, reason = review.reason, evidence = { event = event.type, by = review.by } })
  if review.outcome == "refer_again" then refer_again(ctx, referral) end
end

function late_answers.look_at(ctx, referral)
  if referral.outcome == "completed" or not (stop.may_be_known(referral) or referral.life.died) then return end
  local deadline = ctx:now() + times.days(policy.referral.late_report_days)
  repeat
    local types = { "referral.answered", "consultation.*", "appointment.booked", table.unpack(life.EVENTS) }
    local event = ctx:wait_event(types, { until_ = deadline, why = "What is said after the end is looked at" })
    if event then
      local name, why = question(referral, event)
      if name then look_at(ctx, referral, event, name, why) end
    end
  until not event
end

return late_answers
