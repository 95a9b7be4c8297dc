-- The appointment of a referral: from the acceptance by the other side until the patient was seen there. Two states of workflows/referral.lua.
local answers = require "referral_answers"
local appointments = require "appointments"
local consultation = require "consultation"
local policy = require "policy"
local stop = require "referral_stop"
local tables = require "tables"
local times = require "times"
local ward = require "ward"

local rules = policy.referral
local states = {}

local function working(ctx, length) return ctx:business(length, { calendar = policy.calendar }) end

local function is_ours(referral)
  return function(entry) return tables.contains(referral.numbers, entry.referral) end
end

-- The other side takes its acceptance back.
local function wait_for_refusal(ctx, referral) return answers.wait(ctx, referral, { "declined", "expired" }) end

local function refused(ctx, referral, answer)
  answers.decide(ctx, referral, answer, "accepted")
  for _, entry in ipairs(referral.appointments) do
    if entry.state == "booked" then entry.state = "cancelled" end
  end
  return "declined"
end

-- Waits until the scheduling system tells of one.
local function wait_for_booking(ctx, referral)
  repeat
    local entry = appointments.next(ctx, referral.appointments, is_ours(referral))
  until entry.state == "booked" or entry.state == "kept"
end

local function ask_to_schedule(ctx, referral)
  return ctx:task("schedule_referral", {
    why = referral.appointment_cancelled and "The appointment was cancelled; the patient needs another one"
      or "The referral was accepted; the patient needs an appointment",
    form = "book_visit",
    data = { referral = referral.number, order = referral.order, missed = referral.missed },
    candidates = ward.people(referral.ward, { roles = { "scheduler", "referral_coordinator" } }),
    outcomes = { "scheduled", "patient_declined" },
    priority = referral.priority,
    due = working(ctx, rules.schedule_within[referral.priority]),
    escalate = { { at = "due", to = "referral_coordinator" } },
  })
end

local function booked(referral)
  return appointments.find(referral.appointments, "kept", is_ours(referral)) or appointments.find(referral.appointments, "booked", is_ours(referral))
end

function states.scheduling(ctx, referral)
  ctx:set("stage", "scheduling")
  return stop.unless_cancelled(ctx, referral, function(s)
    appointments.catch_up(s, referral.appointments)
    local winner, found
    if not booked(referral) then
      winner, found = s:race {
        message = function(b) wait_for_booking(b, referral) end,
        person = function(b) return ask_to_schedule(b, referral) end,
        refusal = function(b) return wait_for_refusal(b, referral) end,
        report = function(b) return consultation.wait(b, referral, nil, { referral.number }) end,
      }
    end
    if winner == "refusal" then return refused(s, referral, found) end
    if winner == "report" then return consultation.take(s, referral, found.data) end
    if winner == "person" and found.outcome == "patient_declined" then
      referral.outcome = "patient_declined"
      return "closed"
    end
    local value = winner == "person" and found.value or {}
    referral.visit = winner == "person" and appointments.book(referral.appointments, value.appointment, times.parse(value.starts_at) or s:now()) or booked(referral)
    referral.visit.at = referral.visit.at or s:now()
    return "visit"
  end)
end

local function ask_whether_seen(ctx, referral)
  local answer = ctx:task("was_seen", {
    why = "Was the patient seen?",
    data = { referral = referral.number, order = referral.order, at = ctx:format_time(referral.visit.at) },
    candidates = ward.people(referral.ward, { roles = { "scheduler", "referral_coordinator" } }),
    outcomes = { "seen", "no_show" },
    due = working(ctx, "1d"),
  })
  return answer.outcome == "seen" and "kept" or "missed"
end

-- What the appointment comes to: the next state.
local after_visit = {}

function after_visit.moved() return "visit" end

function after_visit.cancelled(_, referral)
  referral.appointment_cancelled = true
  return "scheduling"  -- Nobody has missed it.
end

function after_visit.kept(ctx, referral)
  referral.seen_at = ctx:now()
  return "report"
end

function after_visit.missed(ctx, referral)
  referral.missed, referral.appointment_cancelled = referral.missed + 1, nil
  ctx:note { no_show = referral.missed }
  return referral.missed < rules.missed_visits and "scheduling" or "missed"
end

function states.visit(ctx, referral)
  ctx:set("stage", "scheduled")
  local visit = referral.visit
  ctx:set("visit_at", visit.at)
  return stop.unless_cancelled(ctx, referral, function(s)
    if visit.state == "kept" then return after_visit.kept(s, referral) end
    local winner, found = s:race {
      appointment = function(b)
        return appointments.what_came_of(b, referral.appointments, visit, function(each) return ask_whether_seen(each, referral) end)
      end,
      refusal = function(b) return wait_for_refusal(b, referral) end,
      report = function(b) return consultation.wait(b, referral) end,
    }
    if winner == "report" then return consultation.take(s, referral, found.data) end
    if winner == "refusal" then return refused(s, referral, found) end
    return after_visit[found](s, referral)
  end)
end

return states
