-- What is owed to a patient after the discharge. Each step can be stopped at any moment and begun again later: what it has
-- achieved is in the case.
local appointments = require "appointments"
local days = require "days"
local inbox = require "inbox"
local medication = require "medication"
local notices = require "notices"
local outside = require "outside"
local policy = require "policy"
local tables = require "tables"
local times = require "times"
local ward = require "ward"
local written = require "written"

local follow_up = {}

-- ---- medication -----------------------------------------------------------------------------------------------------------

-- The list from home against the orders here. A pharmacist is asked only when they disagree, or when one cannot be had.
function follow_up.medication(ctx, case)
  local lists = ctx:all {
    home = function(s) return outside.drugs(outside.ask(s, "pharmacy.home_list", { patient = ctx.patient })) end,
    chart = function(s) return outside.drugs(outside.ask(s, "ehr.active_orders", { patient = ctx.patient, encounter = case.encounter })) end,
  }
  local why, comparison
  if lists.home and lists.chart then
    comparison = ctx:step("compare_lists", medication.compare, lists.home, lists.chart)
    if comparison.agree then return end
    why = medication.why(comparison)
  else
    why = ("The %s could not be fetched: compare by hand"):format(lists.home and "orders" or "list from home")
  end

  local review = ctx:task("medication_review", {
    why = why,
    form = "med_review",
    data = { home = lists.home, chart = lists.chart, differences = comparison and comparison.differences },
    candidates = ward.people(case.ward, { role = "pharmacist" }),
    outcomes = {
      { name = "approve", title = "Approve" },
      { name = "change", title = "Change drugs", form = "#/$defs/change" },
      { name = "refuse", title = "Refuse", reason_required = true, reason_codes = policy.medication_refusals },
    },
    priority = comparison and comparison.high_alert and "high" or "normal",
    due = ctx:business(policy.admission.medication_review_within, { calendar = policy.calendar }),
    escalate = { { at = "due", to = "charge_pharmacist" } },
  })
  if review.outcome == "refuse" then
    ctx:decide("medication_hold", { outcome = "hold", reason = review.reason, code = review.reason_code, evidence = { by = review.by } })
    ctx:task("resolve_medication", {
      why = "The pharmacist does not agree with the orders: " .. (review.reason or "no reason given"),
      form = "med_review",
      data = { review = review, differences = comparison and comparison.differences },
      candidates = ward.people(case.ward, { role = "attending" }),
      outcomes = { "changed", "kept" },
      priority = "high",
      due = "4h",
      escalate = { { at = "due", to = "chief_resident" } },
    })
  end
end

-- ---- the summary ------------------------------------------------------------------------------------------------------------

-- A document of this stay; one that names no stay may be. Nil when `until_` passed first.
local function next_document(ctx, case, types, signed, until_)
  repeat
    local document = ctx:wait_event(types, {
      where = { ["data.complete"] = signed }, until_ = until_,
      why = signed and "The signed summary has not come yet" or "The summary may be taken back",
    })
    if not document or case:mine(document) then return document end
  until false
end

-- Whether it was cancelled after it had been written.
local function is_cancelled(case, document)
  local cancelled = (case.cancelled_documents or {})[document.data.document or ""]
  return cancelled ~= nil and not written.before(cancelled, written.when(document))
end

local function signed_document(ctx, case, until_)
  repeat
    local document = next_document(ctx, case, "discharge_summary.*", true, until_)
    if not document or not is_cancelled(case, document) then return document end
  until false
end

local function ask_for_summary(ctx, case, status)
  ctx:task("complete_summary", {
    why = "The discharge summary is not complete, and the next carer works without it",
    form = "complete_summary",
    data = { missing = status and type(status.missing) == "table" and status.missing or nil, attending = case.attending },
    candidates = ward.people(case.ward, { role = "attending" }),
    outcomes = { "done" },
    due = "24h",
    escalate = { { at = "due", to = "medical_records" } },
  })
end

-- Complete when the record says so or its document comes signed; after the deadline a person is asked as well.
function follow_up.summary(ctx, case)
  local deadline = ctx:business(policy.summary.within, { calendar = policy.calendar, from = case.left_at })
  local status = outside.summary(outside.ask(ctx, "ehr.summary_status", { encounter = case.encounter }))
  if status and status.complete then return end
  local document = signed_document(ctx, case, deadline)
  if not document then
    local _, heard = ctx:race {
      asked = function(s) ask_for_summary(s, case, status) end,
      heard = function(s) return signed_document(s, case) end,
    }
    document = heard
  end
  case.summary_document = document and document.data.document
end

-- Beside all other work, and without an end: a summary that was complete is owed again when its document is cancelled (T11), or replaced by one
-- that is not signed.
local TAKES_BACK = { "discharge_summary.cancelled", "discharge_summary.replaced" }

local function watch_summary(ctx, case)
  repeat
    local document = next_document(ctx, case, TAKES_BACK, false)
    local id, cancelled = document.data.document, document.type == "discharge_summary.cancelled"
    if cancelled and id then
      case.cancelled_documents = case.cancelled_documents or {}
      case.cancelled_documents[id] = written.when(document) or { first = ctx:now(), last = ctx:now() }
    end
    if case.done.summary and not (cancelled and case.summary_document and case.summary_document ~= id) then
      case.done.summary, case.summary_document = nil, nil
      ctx:note("The discharge summary was taken back")
      follow_up.summary(ctx, case)
      case.done.summary = true
      inbox.drop_events(ctx, TAKES_BACK, { ["data.complete"] = false })  -- The same, told again.
    end
  until false
end

-- ---- the call ---------------------------------------------------------------------------------------------------------------

-- What a nurse has to see to: what the patient says, or what is not as it should be. Nil when all is well.
local WORRIES = {
  { field = "well", words = "is not well" },
  { field = "drugs_there", words = "does not have the drugs" },
  { field = "drugs_taken", words = "does not take the drugs as ordered" },
}
local function concern_of(call)
  local value, words = call.value or {}, {}
  for _, worry in ipairs(WORRIES) do
    if value[worry.field] == false then words[#words + 1] = worry.words end
  end
  return value.concern and tostring(value.concern) or #words > 0 and table.concat(words, ", ") or nil
end

-- Attempt after attempt, each logged with who tried and what came of it.
function follow_up.contact(ctx, case)
  local within = ctx:business(policy.contact.within, { calendar = policy.calendar, from = days.end_of(ctx, case.left_at) })
  while case.calls < policy.contact.attempts do
    local attempt = case.calls + 1
    local call = ctx:task("follow_up_call", {
      why = ("Call %d of %d: is the patient well, are the drugs there, is the visit booked?"):format(attempt, policy.contact.attempts),
      form = "follow_up_call",
      data = { attempt = attempt, discharged_at = ctx:format_time(case.left_at), disposition = case.disposition },
      candidates = ward.people(case.ward, { role = "care_coordinator" }),
      outcomes = { "reached", "not_reached", "declined" },
      due = within,
      escalate = { { at = "-2h", to = "charge_nurse" }, { at = "due", to = "case_manager" } },
    })
    case.calls = attempt
    ctx:note { contact_attempt = attempt, outcome = call.outcome, by = call.by, in_time = ctx:now() <= within }

    if call.outcome == "declined" then
      ctx:decide("contact_declined", { outcome = "no_more_calls", reason = call.reason, evidence = { attempt = attempt } })
      return
    elseif call.outcome == "reached" then
      local concern = concern_of(call)
      if concern then
        ctx:child("clinical_concern", { concern = concern, call = call.value, encounter = case.encounter, ward = case.ward },
          { key = case.encounter .. "/concern", detach = true })
      end
      return
    end
    ctx:sleep_until(ctx:business(policy.contact.between_attempts, { calendar = policy.calendar }), { why = "Nobody was reached: the next attempt comes later" })
  end

  local answer = ctx:task("unreachable_patient", {
    why = ("Nobody was reached in %d attempts"):format(case.calls),
    form = "unreachable_patient",
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "letter_sent", "home_visit", "contact_elsewhere" },
    due = ctx:business("1d", { calendar = policy.calendar }),
  })
  ctx:decide("unreachable", { outcome = answer.outcome, reason = answer.reason, evidence = { attempts = case.calls } })
end

-- ---- the visit --------------------------------------------------------------------------------------------------------------

local WHY_BOOK = {
  missed = "The last visit did not take place",
  cancelled = "The visit was cancelled: the patient needs another one",
  moved = "The visit was moved to after its deadline: is there an earlier one?",
  late = "A visit is booked, but after its deadline: is there an earlier one?",
}

local kinds = {}
for _, kind in ipairs(policy.visit.appointment_kinds) do kinds[kind:upper()] = true end

-- A follow-up, by its kind, that is after this discharge; one before it was of another.
local function after_discharge(case)
  return function(entry) return kinds[(entry.kind or ""):upper()] and (entry.at == nil or entry.at > case.left) end
end

local function in_time(case, deadline)
  local ours = after_discharge(case)
  return function(entry) return ours(entry) and (entry.at == nil or entry.at <= deadline) end
end

-- Waits for the scheduling system to tell of a visit in time. One that is booked for later is no answer to the scheduler's task.
local function wait_for_booking(ctx, case, deadline)
  local ours, good = after_discharge(case), in_time(case, deadline)
  repeat
    local entry = appointments.next(ctx, case.appointments, ours)
    if entry.state == "kept" or entry.state == "booked" and good(entry) then return entry end
    if entry.state == "booked" then ctx:note { visit_after_deadline = true, at = ctx:format_time(entry.at) } end
  until false
end

-- A visit: from the scheduling system, or from the person who is asked to book one. Nil when there shall be none. `before` is what came of
-- the last one.
local function book(ctx, case, deadline, before)
  local late = appointments.find(case.appointments, "booked", after_discharge(case))
  local winner, found = ctx:race {
    heard = function(s) return wait_for_booking(s, case, deadline) end,
    asked = function(s)
      return s:task("book_visit", {
        why = WHY_BOOK[before or late and "late"] or "The patient needs a visit soon after the discharge",
        form = "book_visit",
        data = { deadline = s:format_time(deadline), booked_late = late and s:format_time(late.at) },
        candidates = ward.people(case.ward, { role = "scheduler" }),
        outcomes = { "booked", { name = "declined", form = false }, { name = "not_needed", form = false } },
        due = s:business("1d", { calendar = policy.calendar }),
        escalate = { { at = "due", to = "care_coordinator" } },
      })
    end,
  }
  if winner == "heard" then return found end
  if found.outcome ~= "booked" then
    ctx:decide("no_visit", { outcome = found.outcome, reason = found.reason, evidence = { before = before } })
    return nil
  end
  local value = found.value or {}
  local visit = appointments.book(case.appointments, value.appointment, times.parse(value.starts_at) or deadline)
  if visit.at > deadline then ctx:note { visit_after_deadline = true, at = ctx:format_time(visit.at) } end
  return visit
end

-- "kept", "missed" or "cancelled"; "moved" when the new time is after the deadline.
local function what_came_of(ctx, case, visit, deadline)
  local function ask(s)
    return s:task("visit_kept", {
      why = "Was the patient at the follow-up visit?",
      form = "visit_kept",
      data = { appointment = visit.id, at = s:format_time(visit.at) },
      candidates = ward.people(case.ward, { role = "scheduler" }),
      outcomes = { "kept", "missed" },
      due = s:business("1d", { calendar = policy.calendar }),
    }).outcome
  end
  visit.at = visit.at or deadline
  local came = visit.state
  while came == "booked" or came == "moved" and visit.at <= deadline do
    came = appointments.what_came_of(ctx, case.appointments, visit, ask)
  end
  return came
end

-- The visit that is booked already. It stays booked when the discharge was taken back and told anew; unless it was before this one.
local function booked_already(case, deadline)
  local visit = case.visit
  if visit and visit.state == "booked" and visit.at and visit.at > case.left then return visit end
  return appointments.find(case.appointments, "booked", in_time(case, deadline))
end

-- "high" or "moderate": how soon somebody has to see the patient.
local function risk_of(ctx, case)
  local said = case.checklist and case.checklist.value and case.checklist.value.risk
  if said == "high" or said == "moderate" then return said, "as the nurse judged" end
  local stay = case.left - (case.admitted_at or case.entered or case.left)
  if stay >= times.days(policy.risk.long_stay_days) then return "high", "a long stay" end
  if case.admission_type == "E" then return "high", "an emergency admission" end
  local born = tonumber((case.birth_date or ""):match("^%d%d%d%d"))
  local year = tonumber(ctx:format_time(case.left_at):match("^%d%d%d%d"))
  if born and year - born >= policy.risk.age then return "high", "the patient's age" end
  return "moderate", "nothing that makes it high"
end

function follow_up.visit(ctx, case)
  local risk, because = risk_of(ctx, case)
  local within = policy.visit.within_days[risk]
  local deadline = days.end_of(ctx, case.left_at, within)
  ctx:decide("visit_within", { outcome = within .. " days", reason = because, code = risk })
  case.appointments = case.appointments or {}
  appointments.catch_up(ctx, case.appointments)
  if appointments.find(case.appointments, "kept", after_discharge(case)) then return end

  local missed, before = 0, nil
  repeat
    case.visit = before ~= "moved" and booked_already(case, deadline) or book(ctx, case, deadline, before)
    if not case.visit then return end
    before = what_came_of(ctx, case, case.visit, deadline)
    if before == "kept" then return end
    if before == "missed" then missed = missed + 1 end
  until missed == policy.visit.attempts
  ctx:task("visit_missed", {
    why = ("The patient missed %d follow-up visits"):format(policy.visit.attempts),
    candidates = ward.people(case.ward, { role = "case_manager" }),
    outcomes = { "seen_elsewhere", "home_visit", "no_visit" },
    due = ctx:business("1d", { calendar = policy.calendar }),
  })
end

-- ---- results, notices -------------------------------------------------------------------------------------------------------

-- The orders that were open at this discharge, as { order, name }. Asked once: where a correction or a readmission stops the follow-up and it
-- begins again, nobody is asked a second time.
local function pending_orders(ctx, case)
  if case.pending and case.pending.left_said == case.left_said then return case.pending.orders end
  local input = { encounter = case.encounter }
  local orders = outside.orders(outside.ask(ctx, "ehr.pending_results", input, { retry = "none" }))
  case.result_watch = not orders and ctx:case_id("result_watch", ("%s/%d"):format(case.encounter, case.left_said)) or nil
  if not orders then  -- What comes while the record is asked again, and then a nurse, is kept.
    ctx:child("result_watch", { encounter = case.encounter, ward = case.ward }, { id = case.result_watch, key = case.encounter, detach = true })
    orders = outside.orders(outside.ask(ctx, "ehr.pending_results", input))
  end
  if not orders then
    local listed = ctx:task("list_pending_results", {
      why = "The record could not say which results are still to come",
      form = "list_pending_results",
      candidates = ward.people(case.ward, { role = "nurse" }),
      outcomes = { { name = "none", form = false }, { name = "listed", form = "#/$defs/listed" } },
      due = ctx:business("1d", { calendar = policy.calendar }),
    })
    orders = listed.outcome == "listed" and outside.orders((listed.value or {}).orders) or {}
  end
  case.pending = { left_said = case.left_said, orders = orders }
  return orders
end

-- Waits for the next word from the cases of the orders, and keeps it; false when `until_` passed first.
local function hear_of_result(ctx, case, until_)
  local told = ctx:wait_signal("result", { until_ = until_, why = "A result that was pending at the discharge is not settled yet" })
  if told and type(told) == "table" and type(told.order) == "string" then case.results[told.order] = { settled = told.settled == true } end
  return told ~= nil
end

-- Each order has a case of its own, which belongs to the patient: one that another stay has begun is this one's as well. Where that has ended
-- nobody answers, and the order gets a new one.
local function watch_for(ctx, case, order)
  if case.results[order.order] then return end
  local chase_at = case.left_at + times.days(policy.results.chase_after_days)
  local input = { order = order, encounter = case.encounter, ward = case.ward, chase_at = chase_at, watch = case.result_watch }
  local key = case.encounter .. "/" .. order.order
  local id = ctx:case_id("pending_result", order.order)
  ctx:child("pending_result", input, { id = id, key = key, detach = true })
  ctx:signal(id, "watched_by", { instance = ctx.instance })
  local deadline = ctx:parse_time("1m")
  repeat
    local told = hear_of_result(ctx, case, deadline)
  until case.results[order.order] or not told
  if case.results[order.order] then return end
  local again = ctx:child("pending_result", input, { key = key, detach = true })
  ctx:signal(again.id, "watched_by", { instance = ctx.instance })
  case.results[order.order] = { settled = false }
end

function follow_up.results(ctx, case)
  local orders = pending_orders(ctx, case)
  case.results = case.results or {}  -- What their cases have told, by order: { settled }.
  for _, order in ipairs(orders) do watch_for(ctx, case, order) end
  local function open(order) return not case.results[order.order].settled end
  while tables.find(orders, open) do hear_of_result(ctx, case) end
end

function follow_up.notices(ctx, case) notices.tell_all(ctx, case) end

-- ---- all of it --------------------------------------------------------------------------------------------------------------

-- Where the patient went decides what is owed. In a facility others call and visit.
local OWED = {
  home = { "contact", "medication", "notices", "results", "summary", "visit" },
  home_health = { "contact", "medication", "notices", "results", "summary", "visit" },
  facility = { "notices", "results", "summary" },
  ama = { "contact", "medication", "notices", "results", "summary", "visit" },
  in_house = {},
}

-- The names of what is still owed.
function follow_up.open(case)
  local open = {}
  for _, name in ipairs(OWED[case.disposition]) do
    if not case.done[name] then open[#open + 1] = name end
  end
  return open
end

-- Everything that is still owed, side by side. Does not end, since the summary may be taken back at any time: follow_up.open says whether
-- something is owed.
function follow_up.run(ctx, case)
  local branches = { summary_taken_back = function(s) watch_summary(s, case) end }
  for _, name in ipairs(follow_up.open(case)) do
    branches[name] = function(s)
      follow_up[name](s, case)
      case.done[name] = true
    end
  end
  ctx:all(branches)
end

return follow_up
