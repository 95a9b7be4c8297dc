-- A referral, closed loop: it is over when whoever asked has read the answer, or has decided that there will be none.
--
--   draft -> sent -> triage -> scheduling -> visit -> report -> reading -> closed
--               ^        | declined, or missed too often: whoever asked decides
--               +--------+
--
-- Each state returns the name of the next. A cancellation stops any of them; what arrives after the end changes nothing any more, but
-- a person looks at it.
local workflow = require "workflow"
local answers = require "referral_answers"
local begin = require "begin"
local consultation = require "consultation"
local inbox = require "inbox"
local late_answers = require "late_answers"
local life = require "life"
local outside = require "outside"
local policy = require "policy"
local stop = require "referral_stop"
local tables = require "tables"
local visits = require "referral_visit"
local ward = require "ward"

local rules = policy.referral
local unless_cancelled = stop.unless_cancelled

-- As unless_cancelled, and unless the report comes first: then the patient was seen, whatever the other side has not said.
local function unless_reported(ctx, referral, work)
  return unless_cancelled(ctx, referral, function(s) return consultation.unless_reported(s, referral, work) end)
end

local function working(ctx, length) return ctx:business(length, { calendar = policy.calendar }) end

-- ---- the states -----------------------------------------------------------------------------------------------------------------

local states = tables.merge(visits)  -- scheduling and visit: lib/referral_visit.lua.

-- A draft goes out only when the other side can work with it.
function states.draft(ctx, referral)
  ctx:set("stage", "draft")
  local order = referral.order
  local missing = tables.filter({ "recipient", "service", "reason" }, function(field) return not order[field] end)
  if #missing == 0 then return "sent" end
  return unless_cancelled(ctx, referral, function(s)
    local answer = s:task("complete_referral", {
      why = "The referral cannot be sent without: " .. table.concat(missing, ", "),
      form = "referral",
      data = { order = order, missing = missing },
      candidates = ward.people(referral.ward, { role = "referrer" }),
      outcomes = { "completed", "discarded" },
      due = working(s, "1d"),
    })
    if answer.outcome == "discarded" then
      referral.outcome = "discarded"
      return "closed"
    end
    referral.order = tables.merge(order, answer.value)
    return "draft"
  end)
end

-- ---- sending --------------------------------------------------------------------------------------------------------------------

-- Sent elsewhere it gets a number of its own, so that what the first recipient says later is not taken for an answer of the second.
local function go_elsewhere(referral, value)
  referral.order = tables.merge(referral.order, value)
  referral.number = ("%s-%d"):format(referral.id, #referral.numbers + 1)
  answers.forget(referral)
  table.insert(referral.numbers, referral.number)
end

-- What came before this sending is no answer to it.
local function drop_earlier_answers(ctx, referral)
  local dropped = inbox.drop_signals(ctx, "acknowledged") + inbox.drop_events(ctx, "referral.answered", { ["data.referral"] = referral.number })
  if dropped > 0 then ctx:note { earlier_answers = dropped } end
end

-- What the other side says to what was sent: its answer, or { acknowledged }. Nil when `until_` passed first. A signal that names a
-- referral is of that number only.
local function hear(ctx, referral, until_)
  repeat
    local winner, told = ctx:race {
      message = function(s) return answers.wait(s, referral, nil, until_) end,
      signal = function(s) return s:wait_signal("acknowledged", { until_ = until_, why = "The other side has not acknowledged the referral yet" }) end,
    }
    if not told then return nil end
    if winner == "message" then return told end
    local of = type(told) == "table" and type(told.referral) == "string" and told.referral or referral.number
    if of == referral.number then return { acknowledged = true } end
  until false
end

-- A person tells them, unless they are heard of meanwhile.
local function unless_heard(ctx, referral, name, definition)
  local winner, told = ctx:race {
    heard = function(s) return hear(s, referral) end,
    person = function(s) return s:task(name, definition) end,
  }
  referral.answer, referral.unsaid = winner == "heard" and told.status and told or nil, nil
  return "triage"
end

function states.sent(ctx, referral)
  ctx:set("stage", "sent")
  ctx:set("recipient", referral.order.recipient)
  local stopped = stop.while_in_doubt(ctx, referral)
  if stopped then return stopped end
  referral.sending = true
  local state = unless_reported(ctx, referral, function(s)
    if referral.sent then drop_earlier_answers(s, referral) end
    referral.sent, referral.unsaid = true, nil  -- From here on the other side may know of it.
    local letter = { referral = referral.number, instance = s.instance, patient = s.patient, order = referral.order }
    local answer, refused = outside.ask(s, "referrals.send", letter)
    local receipt = outside.receipt(answer)
    if not receipt then
      referral.unsaid = outside.certainly_not_done(refused) or nil  -- Until somebody sends it by hand.
      return unless_heard(s, referral, "send_by_hand", {
        why = "The referral could not be sent: send it by fax or telephone",
        data = { referral = referral.number, order = referral.order },
        candidates = ward.people(referral.ward, { role = "referral_coordinator" }),
        outcomes = { "sent" },
        due = working(s, "4h"),
      })
    end
    referral.sending = nil
    if receipt.acknowledged == true then return "triage" end

    for _ = 1, 2 do
      local told = hear(s, referral, working(s, rules.acknowledge_within[referral.priority]))
      if told then
        referral.answer = told.status and told or nil
        return "triage"
      end
      outside.ask(s, "referrals.remind", letter)
    end
    return unless_heard(s, referral, "call_about_referral", {
      why = ("%s has not acknowledged the referral"):format(referral.order.recipient),
      data = { referral = referral.number, order = referral.order },
      candidates = ward.people(referral.ward, { role = "referral_coordinator" }),
      outcomes = { "acknowledged" },
      due = working(s, "4h"),
    })
  end)
  referral.sending = nil
  return state
end

-- ---- the answer -----------------------------------------------------------------------------------------------------------------

local ANSWERS = { accepted = true, declined = true, expired = true, more_information = true }  -- All else is to be waited for.

-- Somebody there says whether they take the patient: over the wire, or as a task when they work with this system.
function states.triage(ctx, referral)
  ctx:set("stage", "triage")
  return unless_reported(ctx, referral, function(s)
    local answer = referral.answer
    referral.answer = nil
    if not answer or not ANSWERS[answer.status] then
      local winner, found = s:race {
        message = function(b) return answers.wait(b, referral, { "accepted", "declined", "expired" }) end,
        person = function(b)
          return b:task("triage_referral", {
            why = ("%s is asked for: %s"):format(referral.order.service, referral.order.reason),
            form = "triage_referral",
            data = { referral = referral.number, order = referral.order },
            candidates = { role = "triage" },
            outcomes = {
              { name = "accepted", title = "Accept" },
              { name = "declined", title = "Decline" },
              { name = "more_information", title = "Ask back" },
            },
            priority = referral.priority,
            due = working(b, rules.triage_within[referral.priority]),
            escalate = { { at = "due", to = "referral_coordinator" } },
          })
        end,
      }
      answer = winner == "message" and found or { status = found.outcome, reason = found.reason, by = found.by }
    end
    answers.decide(s, referral, answer)
    if answer.status == "accepted" then return "scheduling" end
    return answer.status == "more_information" and "asked_back" or "declined"
  end)
end

function states.asked_back(ctx, referral)
  ctx:set("stage", "asked_back")
  return unless_reported(ctx, referral, function(s)
    local answer = s:task("answer_question", {
      why = "The other side asks: " .. (referral.refusal or "for more information"),
      form = "referral",
      data = { referral = referral.number, order = referral.order },
      candidates = ward.people(referral.ward, { role = "referrer" }),
      outcomes = { "answered", "withdrawn" },
      due = working(s, "1d"),
    })
    if answer.outcome == "withdrawn" then
      referral.cancelled_because = answer.reason or "withdrawn by the referrer"
      return "cancelled"
    end
    referral.order = tables.merge(referral.order, answer.value)
    return "triage"
  end)
end

-- Whoever asked decides what a refusal means for the patient.
local function referrer_decides(ctx, referral, name, why)
  local answer = ctx:task(name, {
    why = why,
    form = "referral",
    data = { referral = referral.number, order = referral.order, refusal = referral.refusal },
    candidates = ward.people(referral.ward, { role = "referrer" }),
    outcomes = { "send_elsewhere", "try_again", "give_up" },
    priority = "high",
    due = working(ctx, "1d"),
    escalate = { { at = "due", to = "referral_coordinator" } },
  })
  ctx:decide(name, { outcome = answer.outcome, reason = answer.reason, evidence = { by = answer.by } })
  return answer
end

function states.declined(ctx, referral)
  ctx:set("stage", "declined")
  return unless_reported(ctx, referral, function(s)
    local why = referral.refusal == "expired" and "The referral has expired with the other side, which did not take it"
      or "The referral was declined: " .. (referral.refusal or "no reason given")
    local winner, answer = s:race {
      accepted = function(b) return answers.wait(b, referral, { "accepted" }) end,
      person = function(b) return referrer_decides(b, referral, "declined_referral", why) end,
    }
    if winner == "accepted" then  -- They take the patient after all.
      answers.decide(s, referral, answer, "declined")
      return "scheduling"
    end
    if answer.outcome == "give_up" then
      referral.outcome = "declined"
      return "closed"
    end
    if answer.outcome == "send_elsewhere" then go_elsewhere(referral, answer.value) end
    return "sent"
  end)
end

function states.missed(ctx, referral)
  ctx:set("stage", "missed")
  return unless_reported(ctx, referral, function(s)
    local answer = referrer_decides(s, referral, "missed_referral", ("The patient missed %d appointments"):format(referral.missed))
    if answer.outcome == "give_up" then
      referral.outcome = "never_seen"
      return "closed"
    end
    referral.missed = 0
    if answer.outcome == "try_again" then return "scheduling" end
    go_elsewhere(referral, answer.value)
    return "sent"
  end)
end

function states.report(ctx, referral)
  ctx:set("stage", "report")
  return unless_cancelled(ctx, referral, function(s)
    local report = consultation.wait(s, referral, working(s, rules.report_within))
    if report then return consultation.take(s, referral, report.data) end
    local winner, found = s:race {
      message = function(b) return consultation.wait(b, referral) end,
      person = function(b)
        return b:task("chase_report", {
          why = "The patient was seen, and no report has come back",
          data = { referral = referral.number, order = referral.order, seen_at = b:format_time(referral.seen_at) },
          candidates = ward.people(referral.ward, { role = "referral_coordinator" }),
          outcomes = { "received", "no_report" },
          due = working(b, "2d"),
          escalate = { { at = "due", to = "referrer" } },
        })
      end,
    }
    if winner == "person" and found.outcome == "no_report" then
      referral.outcome = "no_report"
      return "closed"
    end
    return consultation.take(s, referral, winner == "message" and found.data or found.value or {})
  end)
end

-- The report that is being read was replaced, or taken back.
local function report_changed(ctx, referral, event)
  ctx:note { report = event.type, document = event.data.document }
  if event.type == "consultation.cancelled" then
    referral.report = nil
    return "report"
  end
  return consultation.take(ctx, referral, event.data)
end

-- The loop closes here, and only here with an answer.
function states.reading(ctx, referral)
  ctx:set("stage", "reading")
  local winner, found = ctx:race {
    change = function(s) return consultation.wait_for_change(s, referral) end,
    person = function(s)
      return s:task("read_report", {
        why = "The report on your referral is back",
        form = "read_report",
        data = { referral = referral.number, order = referral.order, report = referral.report },
        candidates = ward.people(referral.ward, { role = "referrer" }),
        outcomes = { "acknowledged", "follow_up_needed" },
        due = working(s, rules.read_within),
        escalate = { { at = "due", to = "referral_coordinator" } },
      })
    end,
  }
  if winner == "change" then return report_changed(ctx, referral, found) end
  ctx:decide("report_read", { outcome = found.outcome, reason = found.reason, evidence = { by = found.by, document = referral.report.document } })
  outside.ask(ctx, "referrals.close", { referral = referral.number, received = true })
  referral.outcome = "completed"
  return "closed"
end

function states.cancelled(ctx, referral)
  ctx:set("stage", "cancelled")
  referral.outcome = "cancelled"
  ctx:decide("cancelled", { outcome = "cancelled", reason = referral.cancelled_because })
  if stop.may_be_known(referral) then
    ctx:shield(function()
      if not outside.ask(ctx, "referrals.cancel", { referral = referral.number, reason = referral.cancelled_because }) then
        ctx:task("cancel_by_hand", {
          why = "The other side could not be told that the referral is cancelled",
          data = { referral = referral.number, order = referral.order, reason = referral.cancelled_because },
          candidates = ward.people(referral.ward, { role = "referral_coordinator" }),
          outcomes = { "told" },
          due = working(ctx, "4h"),
        })
      end
    end)
  end
  return "closed"
end

return workflow.define {
  name = "referral",
  title = "Referral, closed loop",
  listen = { "referral.*", "appointment.*", "consultation.*", table.unpack(life.EVENTS) },
  search = {
    referral = "keyword",
    stage = "keyword",    -- as in the picture above, then closed
    outcome = "keyword",  -- completed, declined, never_seen, no_report, patient_declined, discarded, cancelled
    recipient = "keyword",
    priority = "keyword",
    encounter = "keyword",
    ward = "keyword",      -- of whoever asks
    visit_at = "time",
  },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, order = "table" })
    local order = input.order
    local referral = {
      id = order.id or ctx.key or ctx.instance,
      order = order,
      encounter = input.encounter,
      ward = input.ward,  -- Of whoever asks. The other side has its own people.
      priority = rules.triage_within[order.priority or ""] and order.priority or "normal",
      missed = 0,
      appointments = {},      -- What the scheduling system has said; lib/appointments.lua.
      life = life.unknown(),  -- What was told of the patient; lib/life.lua.
      heard = {},             -- Which answers were heard; lib/referral_answers.lua.
    }
    referral.number = referral.id         -- Under which the other side knows it,
    referral.numbers = { referral.id }    -- and all that it was sent under.
    ctx:set("referral", referral.id)
    ctx:set("priority", referral.priority)
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)
    ctx:compensate(function()  -- An operator stops the case: the other side has to know as well.
      if stop.may_be_known(referral) and not referral.outcome then
        outside.ask(ctx, "referrals.cancel", { referral = referral.number, reason = "the case was stopped" })
      end
      ctx:set("stage", "cancelled")
    end)

    local state = "draft"
    repeat
      state = states[state](ctx, referral)
    until state == "closed"
    ctx:set("outcome", referral.outcome)
    ctx:set("stage", "closed")

    late_answers.look_at(ctx, referral)
    return { outcome = referral.outcome, report = referral.report }
  end,
}
