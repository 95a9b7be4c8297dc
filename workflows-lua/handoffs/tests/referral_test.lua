-- The referral, closed loop. 2026-03-02 is a Monday.
local test = require "test"
local times = require "times"

local ORDER = { id = "R1", recipient = "Heart Clinic", service = "Cardiology", reason = "New heart failure", priority = "high" }

local function clinic(t)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("referrals.send", { acknowledged = true })
  t:mock("referrals.remind", {})
  t:mock("referrals.cancel", {})
  t:mock("referrals.close", {})
end

local function refer(t, order)
  return t:start("referral", { order = order or ORDER, encounter = "E1" }, { key = "R1", patient = "P1" })
end

local function accepted(t)
  clinic(t)
  local case = refer(t)
  t:expect_task("triage_referral"):decide("accepted")
  return case
end

local function seen(t)
  local case = accepted(t)
  t:expect_task("schedule_referral"):decide("scheduled", { value = { appointment = "V1", starts_at = "2026-03-04T10:00:00-05:00" } })
  t:clock("2026-03-04T11:00:00-05:00")
  t:event { type = "appointment.kept", patient = "P1", data = { appointment = "V1" } }
  return case
end

local function report(t) t:event { type = "consultation.created", patient = "P1", data = { referral = "R1", document = "D1", complete = true } } end

-- ---- the loop -----------------------------------------------------------------------------------------------------------------

test.case("tasks belong to the ward that asks; the other side has its own people", function(t)
  clinic(t)
  local case = t:start("referral", { order = ORDER, encounter = "E1", ward = "MED" }, { key = "R1", patient = "P1" })
  t:equal(case:attribute("ward"), "MED")
  local triage = t:expect_task("triage_referral")
  t:equal(triage.units, {})
  triage:decide("accepted")
  t:equal(t:expect_task("schedule_referral").units, { "MED" })
end)

test.case("the loop closes when the referrer has read the report, and not before", function(t)
  t:crash_everywhere()
  local case = seen(t)
  t:equal(case:attribute("stage"), "report")
  report(t)
  t:equal(case:attribute("stage"), "reading")
  t:equal(case:status(), "running")
  t:expect_task("read_report", { role = "referrer" }):decide("acknowledged")
  t:equal(case:status(), "completed")
  t:equal(case:attribute("outcome"), "completed")
  t:expect_activity("referrals.close", { referral = "R1" })
end)

test.case("a draft that lacks its reason is completed before it is sent", function(t)
  clinic(t)
  local case = refer(t, { id = "R1", recipient = "Heart Clinic", service = "Cardiology" })
  t:equal(case:attribute("stage"), "draft")
  t:equal(#t:calls("referrals.send"), 0)
  t:contains(t:expect_task("complete_referral", { role = "referrer" }).why, "reason")
  t:expect_task("complete_referral"):decide("completed", { value = { reason = "New heart failure" } })
  t:expect_activity("referrals.send", { order = { reason = "New heart failure" } })
end)

test.case("a draft may be discarded", function(t)
  clinic(t)
  local case = refer(t, { id = "R1" })
  t:expect_task("complete_referral"):decide("discarded")
  t:equal(case:result().outcome, "discarded")
  t:equal(#t:calls("referrals.send"), 0)
end)

test.case("silence is answered by two reminders, then by a person", function(t)
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  t:equal(case:attribute("stage"), "sent")
  t:skip("1d", "business")
  t:equal(#t:calls("referrals.remind"), 1)
  t:skip("1d", "business")
  t:equal(#t:calls("referrals.remind"), 2)
  t:expect_task("call_about_referral", { role = "referral_coordinator" }):decide("acknowledged")
  t:expect_task("triage_referral")
end)

test.case("an acknowledgement over the wire needs nobody", function(t)
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  case:signal("acknowledged")
  t:equal(case:attribute("stage"), "triage")
end)

test.case("an answer over the wire needs no triage task", function(t)
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  t:event { type = "referral.answered", patient = "P1", data = { referral = "R1", status = "accepted" } }
  t:expect_no_task("triage_referral")
  t:equal(case:attribute("stage"), "scheduling")
end)

test.case("a declined referral goes back to the referrer, who sends it elsewhere", function(t)
  clinic(t)
  local case = refer(t)
  t:expect_task("triage_referral"):decide("declined", { reason = "No capacity" })
  local decision = t:expect_task("declined_referral", { role = "referrer" })
  t:contains(decision.why, "No capacity")
  decision:decide("send_elsewhere", { value = { recipient = "City Cardiology" } })
  t:equal(case:attribute("recipient"), "City Cardiology")
  t:equal(#t:calls("referrals.send"), 2)
  t:expect_task("triage_referral")
end)

test.case("the referrer may give a declined referral up", function(t)
  clinic(t)
  local case = refer(t)
  t:expect_task("triage_referral"):decide("declined")
  t:expect_task("declined_referral"):decide("give_up")
  t:equal(case:attribute("outcome"), "declined")
end)

test.case("a question is answered by the referrer and goes back to triage", function(t)
  clinic(t)
  refer(t)
  t:expect_task("triage_referral"):decide("more_information", { reason = "Which ejection fraction?" })
  t:contains(t:expect_task("answer_question", { role = "referrer" }).why, "ejection fraction")
  t:expect_task("answer_question"):decide("answered", { value = { ejection_fraction = 35 } })
  t:equal(t:expect_task("triage_referral").data.order.ejection_fraction, 35)
end)

test.case("a missed appointment is made again; after the second the referrer decides", function(t)
  local case = accepted(t)
  for n = 1, 2 do
    t:expect_task("schedule_referral"):decide("scheduled", { value = { appointment = "V" .. n, starts_at = t:now() + 86400000 } })
    t:event { type = "appointment.missed", patient = "P1", data = { appointment = "V" .. n } }
  end
  t:equal(case:attribute("stage"), "missed")
  t:expect_task("missed_referral", { role = "referrer" }):decide("try_again")
  t:equal(case:attribute("stage"), "scheduling")
end)

test.case("when no message says so, somebody is asked whether the patient was seen", function(t)
  local case = accepted(t)
  t:expect_task("schedule_referral"):decide("scheduled", { value = { starts_at = "2026-03-04T10:00:00-05:00" } })
  t:expect_no_task("was_seen")
  t:clock("2026-03-05T11:00:00-05:00")
  t:expect_task("was_seen"):decide("seen")
  t:equal(case:attribute("stage"), "report")
end)

test.case("a report proves that the patient was seen", function(t)
  local case = accepted(t)
  t:expect_task("schedule_referral"):decide("scheduled", { value = { starts_at = "2026-03-04T10:00:00-05:00" } })
  report(t)
  t:equal(case:attribute("stage"), "reading")
end)

test.case("a report that does not come is looked for", function(t)
  local case = seen(t)
  t:skip("5d", "business")
  t:expect_task("chase_report", { role = "referral_coordinator" })
  report(t)
  t:expect_no_task("chase_report")
  t:equal(case:attribute("stage"), "reading")
end)

test.case("what cannot be sent is sent by hand", function(t)
  clinic(t)
  t:mock("referrals.send", { fail = { code = "not_configured", message = "no address", retryable = false } })
  refer(t)
  t:expect_task("send_by_hand", { role = "referral_coordinator" }):decide("sent")
  t:expect_task("triage_referral")
end)

-- ---- races --------------------------------------------------------------------------------------------------------------------

test.case("a cancelled referral is cancelled on the other side, and its tasks are gone", function(t)
  t:crash_everywhere()
  clinic(t)
  local case = refer(t)
  case:signal("cancel", { reason = "Patient moved away" })
  t:expect_no_task("triage_referral")
  t:equal(case:attribute("outcome"), "cancelled")
  t:expect_activity("referrals.cancel", { referral = "R1", reason = "Patient moved away" })
end)

test.case("a draft that is cancelled tells nobody", function(t)
  clinic(t)
  local case = refer(t, { id = "R1" })
  case:signal("cancel", {})
  t:equal(case:result().outcome, "cancelled")
  t:equal(#t:calls("referrals.cancel"), 0)
end)

test.case("an acceptance after the cancellation changes nothing, and a person looks at it", function(t)
  t:crash_everywhere()
  clinic(t)
  local case = refer(t)
  case:signal("cancel", { reason = "Not needed any more" })
  t:event { type = "referral.answered", patient = "P1", data = { referral = "R1", status = "accepted" } }
  t:equal(case:attribute("outcome"), "cancelled")
  t:contains(t:expect_task("late_answer", { role = "referrer" }).why, "referral.answered")
  t:expect_task("late_answer"):decide("noted")
  t:equal(case:attribute("outcome"), "cancelled")
  t:equal(case:attribute("stage"), "closed")
  t:skip("90d")
  t:equal(case:status(), "completed")
end)

test.case("a report that nobody waits for any more is read all the same", function(t)
  local case = seen(t)
  t:skip("5d", "business")
  t:expect_task("chase_report"):decide("no_report")
  t:equal(case:attribute("outcome"), "no_report")
  t:skip("10d")
  report(t)
  t:expect_task("late_answer"):decide("noted")
  t:equal(case:attribute("outcome"), "no_report")
end)

test.case("a late answer may be a reason to refer again", function(t)
  clinic(t)
  local case = refer(t)
  case:signal("cancel", {})
  t:event { type = "referral.answered", patient = "P1", data = { referral = "R1", status = "accepted" } }
  t:expect_task("late_answer"):decide("refer_again")
  t:equal(#t:instances("referral"), 2)
  t:equal(case:attribute("outcome"), "cancelled")
end)

test.case("the death of the patient ends the referral", function(t)
  clinic(t)
  local case = refer(t)
  t:event { type = "patient.died", patient = "P1" }
  t:equal(case:attribute("outcome"), "cancelled")
  t:expect_activity("referrals.cancel", { reason = "the patient has died" })
end)

test.case("an operator who stops the case has the other side told", function(t)
  clinic(t)
  local case = refer(t)
  case:cancel("entered twice")
  t:equal(case:status(), "cancelled")
  t:expect_activity("referrals.cancel", { referral = "R1" })
end)

test.case("a signal that says something else than expected stops no case", function(t)
  for i, payload in ipairs { "now", 7, { reason = 7 } } do
    clinic(t)
    local case = t:start("referral", { order = ORDER }, { key = "R1", patient = "P1", id = "case-" .. i })
    case:signal("cancel", payload)
    t:equal(case:attribute("outcome"), "cancelled")
  end
end)

-- ---- whose answer it is ---------------------------------------------------------------------------------------------------------

local function answer(t, status, number)
  t:event { type = "referral.answered", patient = "P1", data = { referral = number or "R1", status = status } }
end

test.case("what the first recipient says is no answer of the second", function(t)
  t:crash_everywhere()
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  case:signal("acknowledged")
  case:signal("acknowledged")
  answer(t, "declined")
  t:expect_task("declined_referral"):decide("send_elsewhere", { value = { recipient = "City Cardiology" } })
  t:equal(case:attribute("stage"), "sent", "the second recipient has acknowledged nothing")
  t:equal(t:calls("referrals.send")[2].referral, "R1-2")
  case:signal("acknowledged", { referral = "R1" })
  t:equal(case:attribute("stage"), "sent")
  case:signal("acknowledged", { referral = "R1-2" })
  t:equal(case:attribute("stage"), "triage")
  answer(t, "accepted")
  t:equal(case:attribute("stage"), "triage", "that was the one who had declined")
  answer(t, "accepted", "R1-2")
  t:equal(case:attribute("stage"), "scheduling")
end)

test.case("sent again to the same recipient, only what comes then counts", function(t)
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  answer(t, "declined")
  answer(t, "declined")
  t:expect_task("declined_referral"):decide("try_again")
  t:equal(case:attribute("stage"), "sent")
  answer(t, "accepted")
  t:equal(case:attribute("stage"), "scheduling")
end)

test.case("an answer while somebody is about to call ends the task", function(t)
  t:crash_everywhere()
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  local case = refer(t)
  t:skip("1d", "business")
  t:skip("1d", "business")
  t:expect_task("call_about_referral")
  answer(t, "accepted")
  t:expect_no_task("call_about_referral")
  t:equal(case:attribute("stage"), "scheduling")
end)

test.case("an acknowledgement while a referral is being sent by hand ends the task", function(t)
  clinic(t)
  t:mock("referrals.send", { fail = { code = "not_configured", message = "no address", retryable = false } })
  local case = refer(t)
  t:expect_task("send_by_hand")
  case:signal("acknowledged")
  t:expect_no_task("send_by_hand")
  t:expect_task("triage_referral")
end)

test.case("a referral that has expired with the other side goes back to the referrer", function(t)
  clinic(t)
  t:mock("referrals.send", { acknowledged = false })
  refer(t)
  answer(t, "expired")
  local decision = t:expect_task("declined_referral", { role = "referrer" })
  t:contains(decision.why, "expired")
  t:equal(decision.data.refusal, "expired")
  decision:decide("try_again")
  answer(t, "pending")
  t:expect_task("triage_referral")
  answer(t, "expired")
  t:expect_task("declined_referral")
end)

-- ---- the appointment ------------------------------------------------------------------------------------------------------------

local function appointment(t, what, starts_at)
  t:event { type = "appointment." .. what, patient = "P1", data = { appointment = "V1", referral = "R1", starts_at = starts_at } }
end

test.case("an appointment that is moved is asked about after its new time", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  appointment(t, "booked", "2026-03-04T10:00:00-05:00")
  appointment(t, "rescheduled", "2026-03-12T10:00:00-04:00")
  t:equal(case:attribute("visit_at"), times.parse("2026-03-12T14:00:00Z"))
  t:clock("2026-03-10T10:00:00-04:00")
  t:expect_no_task("was_seen")
  t:clock("2026-03-13T11:00:00-04:00")
  t:expect_task("was_seen")
end)

test.case("an appointment that is cancelled is made again, and counts as none that was missed", function(t)
  local case = accepted(t)
  for _ = 1, 3 do
    appointment(t, "booked", "2026-03-04T10:00:00-05:00")
    appointment(t, "cancelled")
  end
  t:equal(case:attribute("stage"), "scheduling")
  t:contains(t:expect_task("schedule_referral").why, "cancelled")
end)

test.case("a message about another referral of the patient changes nothing", function(t)
  clinic(t)
  local case = refer(t)
  t:event { type = "referral.cancelled", patient = "P1", data = { referral = "R2" } }
  t:equal(case:attribute("stage"), "triage")
end)
