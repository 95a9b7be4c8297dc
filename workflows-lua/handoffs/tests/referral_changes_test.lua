-- What goes otherwise with a referral: refusals after the acceptance, documents that are no report, deaths told by mistake, admissions that
-- never were. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"
local messages = require "support.messages"

local ORDER = { id = "R1", recipient = "Heart Clinic", service = "Cardiology", reason = "New heart failure", priority = "high" }

local function refer(t, order, receipt)
  t:clock("2026-03-02T09:00:00-05:00")
  t:mock("referrals.send", receipt or { acknowledged = true })
  t:mock("referrals.remind", {})
  t:mock("referrals.cancel", {})
  t:mock("referrals.close", {})
  return t:start("referral", { order = order or ORDER, encounter = "E1", ward = "MED" }, { key = "R1", patient = "P1" })
end

-- RF1-1 of the other side's answer: A, R, E or P.
local function answer(t, status, sent) t:message(messages.text(t, "RRI^I12", { ("RF1|%s|R||||R1|20260302"):format(status) }, sent)) end

-- A document of trigger T01 to T11 on R1, with TXA-17.
local function document(t, trigger, status, id)
  t:message(messages.text(t, "MDM^" .. trigger, { ("TXA|1|CN|TX|20260304||||||||%s||R1|||%s"):format(id or "D1", status) }))
end

local function schedule(t, trigger, id, at)
  t:message(messages.text(t, "SIU^" .. trigger, { ("SCH|%s|%s||||REG|FU|CONS|30|min|^^^%s%sR1"):format(id, id, at, ("|"):rep(15)) }))
end

local function accepted(t)
  local case = refer(t)
  answer(t, "A")
  t:skip("1h")
  return case
end

local function scheduled(t)
  local case = accepted(t)
  t:expect_task("schedule_referral"):decide("scheduled", { value = { appointment = "V1", starts_at = "2026-03-04T10:00:00-05:00" } })
  return case
end

local function stage(case) return case:attribute("stage") end

local function tell_death(t, died, sent)
  t:event { type = died and "patient.died" or "encounter.updated", patient = discharges.patient(died), data = { sent_at = sent } }
end

-- ---- the other side changes its mind --------------------------------------------------------------------------------------------

test.case("a refusal after the acceptance goes back to the referrer, before the appointment and after it is made", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  answer(t, "R")
  t:expect_no_task("schedule_referral")
  t:expect_task("declined_referral", { role = "referrer" }):decide("try_again")
  answer(t, "A")
  schedule(t, "S12", "V1", "20260304100000-0500")
  t:equal(stage(case), "scheduled")
  t:skip("1h")
  answer(t, "R")
  t:expect_task("declined_referral"):decide("send_elsewhere", { value = { recipient = "City Cardiology" } })
  t:expect_task("triage_referral"):decide("accepted")
  t:equal(stage(case), "scheduling", "the appointment there is none of the other clinic")
end)

test.case("a refusal that was written before the acceptance changes nothing", function(t)
  local case = accepted(t)
  answer(t, "R", "2026-03-02T08:00:00-05:00")
  t:equal(stage(case), "scheduling")
end)

-- ---- what is a report -------------------------------------------------------------------------------------------------------------

test.case("a document that is cancelled or not signed is no report", function(t)
  t:crash_everywhere()
  local case = scheduled(t)
  document(t, "T11", "AU")
  document(t, "T01", "DI")
  t:equal(stage(case), "scheduled")
  document(t, "T02", "AU")
  t:equal(stage(case), "reading")
end)

test.case("a report that is replaced while it is being read is read as it is now", function(t)
  t:crash_everywhere()
  local case = scheduled(t)
  document(t, "T02", "AU")
  document(t, "T02", "AU")
  t:equal(t:expect_task("read_report").data.report.document, "D1")
  document(t, "T10", "AU", "D2")
  t:equal(t:expect_task("read_report").data.report.document, "D2")
  t:expect_task("read_report"):decide("acknowledged")
  t:equal(case:attribute("outcome"), "completed")
end)

test.case("a report that is cancelled while it is being read is waited for again", function(t)
  local case = scheduled(t)
  document(t, "T02", "AU")
  document(t, "T11", "AU")
  t:expect_no_task("read_report")
  t:equal(stage(case), "report")
  t:skip("5d", "business")
  t:expect_task("chase_report")
end)

test.case("of what comes after the end, only a report that is signed is looked at", function(t)
  local case = accepted(t)
  t:expect_task("schedule_referral"):decide("patient_declined")
  t:equal(case:attribute("outcome"), "patient_declined")
  document(t, "T01", "DI")
  t:expect_no_task("late_answer")
  document(t, "T02", "AU")
  t:expect_task("late_answer")
end)

-- ---- appointments, told twice -----------------------------------------------------------------------------------------------------

test.case("an appointment that is told twice and then cancelled is made again", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  for _ = 1, 2 do schedule(t, "S12", "V1", "20260304100000-0500") end
  t:equal(stage(case), "scheduled")
  schedule(t, "S15", "V1", "20260304100000-0500")
  t:contains(t:expect_task("schedule_referral").why, "cancelled")
end)

test.case("a patient who was missed once, of which we are told twice, was missed once", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  schedule(t, "S12", "V1", "20260304100000-0500")
  for _ = 1, 2 do schedule(t, "S26", "V1", "20260304100000-0500") end
  t:equal(stage(case), "scheduling")
  schedule(t, "S13", "V1", "20260310100000-0400")
  t:equal(stage(case), "scheduled")
end)

test.case("an appointment that is told again after the end is no late answer, and a new one is", function(t)
  local case = accepted(t)
  schedule(t, "S12", "V1", "20260304100000-0500")
  case:signal("cancel", { reason = "Not needed" })
  schedule(t, "S12", "V1", "20260304100000-0500")
  t:expect_no_task("late_answer")
  schedule(t, "S12", "V2", "20260305100000-0500")
  t:expect_task("late_answer")
end)

test.case("an appointment that was told before the acceptance needs nobody", function(t)
  local case = refer(t)
  schedule(t, "S12", "V1", "20260304100000-0500")
  answer(t, "A")
  t:equal(stage(case), "scheduled")
end)

-- ---- deaths and admissions that were told by mistake ----------------------------------------------------------------------------------

test.case("a referral that a mistaken death has cancelled is a question for the referrer", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  tell_death(t, true)
  t:equal(case:attribute("outcome"), "cancelled")
  t:skip("1h")
  tell_death(t, false)
  t:contains(t:expect_task("mistaken_death", { role = "referrer", unit = "MED" }).why, "lives")
  t:expect_task("mistaken_death"):decide("refer_again")
  t:equal(#t:instances("referral"), 2)
end)

test.case("a draft that a mistaken death has cancelled is a question as well", function(t)
  local case = refer(t, { id = "R1" })
  tell_death(t, true)
  t:equal(case:attribute("outcome"), "cancelled")
  tell_death(t, false)
  t:expect_task("mistaken_death")
end)

test.case("a death that was told before the patient was said to live cancels nothing", function(t)
  local case = accepted(t)
  tell_death(t, false, "2026-03-02T10:00:00-05:00")
  tell_death(t, true, "2026-03-02T08:00:00-05:00")
  t:equal(stage(case), "scheduling")
end)

test.case("when the admission was cancelled, the referrer says whether the referral is still needed", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  t:event { type = "encounter.admit_cancelled", encounter = "E2", data = {} }
  t:expect_no_task("referral_in_doubt")
  t:event { type = "encounter.admit_cancelled", encounter = "E1", data = {} }
  t:expect_task("referral_in_doubt", { role = "referrer" })
  schedule(t, "S12", "V1", "20260304100000-0500")
  t:equal(stage(case), "scheduled")
  t:expect_task("referral_in_doubt"):decide("cancel", { reason = "Another patient was meant" })
  t:equal(case:attribute("outcome"), "cancelled")
  t:expect_activity("referrals.cancel", { reason = "Another patient was meant" })
end)

test.case("a referral of a stay that gets another number is in doubt when the admission is cancelled under that", function(t)
  local case = accepted(t)
  t:event { type = "encounter.renumbered", encounter = "E3", data = { previous_encounter = "E1" } }
  t:equal(case:attribute("encounter"), "E3")
  t:event { type = "encounter.admit_cancelled", encounter = "E3", data = {} }
  t:expect_task("referral_in_doubt")
end)

test.case("a referral whose stay or patient may be another is a question for the referrer", function(t)
  local case = accepted(t)
  local patient = { identifiers = { { system = "TEST", value = "P1", type = "MR" } } }
  t:event { type = "encounter.moved_away", encounter = "E2", patient = patient, data = {} }
  t:expect_no_task("referral_in_doubt")
  for type, words in pairs { ["encounter.moved_away"] = "was moved", ["patient.unlinked"] = "two people", ["patient.identifiers_moved_away"] = "identifier" } do
    t:event { type = type, encounter = type:find("^encounter") and "E1" or nil, patient = patient, data = {} }
    local task = t:expect_task("referral_in_doubt", { role = "referrer" })
    t:contains(task.why, words)
    task:decide("keep")
    t:equal(stage(case), "scheduling")
  end
  t:event { type = "patient.unlinked", patient = patient, data = {} }
  t:expect_task("referral_in_doubt"):decide("cancel")
  t:equal(case:attribute("outcome"), "cancelled")
end)

test.case("a referral that is still needed goes on", function(t)
  local case = accepted(t)
  t:event { type = "encounter.deleted", encounter = "E1", data = {} }
  t:expect_task("referral_in_doubt"):decide("keep")
  t:expect_no_task("referral_in_doubt")
  t:expect_task("schedule_referral")
  t:equal(stage(case), "scheduling")
end)

-- ---- again --------------------------------------------------------------------------------------------------------------------------

test.case("referred again, it has a number of its own and belongs to the same ward", function(t)
  t:crash_everywhere()
  local case = accepted(t)
  case:signal("cancel", { reason = "Not needed" })
  t:mock("referrals.send", { acknowledged = false })
  answer(t, "A")
  t:expect_task("late_answer"):decide("refer_again")
  local again = t:instance("referral", "R1/again")
  t:equal({ again:attribute("referral"), again:attribute("ward") }, { "R1-2", "MED" })
  t:skip("1h")
  answer(t, "A")
  t:equal(stage(again), "sent", "that was the first one's answer")
  t:expect_task("late_answer"):decide("refer_again")
  t:equal(t:instance("referral", "R1/again"):attribute("referral"), "R1-3")
end)

test.case("a referral that another house sends starts nothing", function(t)
  t:message(messages.text(t, "REF^I12", { "RF1|P|S|CAR^Cardiology|||R77|20260302" }))
  t:equal(#t:instances("referral"), 0)
  t:expect_no_task()
end)

test.case("a referral that certainly was not sent is cancelled without telling anybody", function(t)
  t:crash_everywhere()
  local case = refer(t)
  t:mock("referrals.send", { fail = { code = "not_configured", message = "no address", retryable = false } })
  t:mock("referrals.cancel", { fail = { code = "not_configured", message = "no address", retryable = false } })
  local unsent = t:start("referral", { order = ORDER, encounter = "E1", ward = "MED" }, { key = "R2", patient = "P1", id = "unsent" })
  t:expect_task("send_by_hand")
  unsent:signal("cancel", { reason = "not needed" })
  t:expect_no_task("send_by_hand")
  t:expect_no_task("cancel_by_hand")
  t:equal({ unsent:attribute("outcome"), unsent:status() }, { "cancelled", "completed" })
  case:signal("cancel", {})
  t:expect_task("cancel_by_hand")
end)

test.case("a referral that was sent by hand is cancelled by hand", function(t)
  refer(t)
  t:mock("referrals.send", { fail = { code = "http_404", message = "gone", retryable = false } })
  t:mock("referrals.cancel", { fail = { code = "http_404", message = "gone", retryable = false } })
  local case = t:start("referral", { order = ORDER, encounter = "E1", ward = "MED" }, { key = "R2", patient = "P1", id = "by-hand" })
  t:expect_task("send_by_hand"):decide("sent")
  case:signal("cancel", { reason = "not needed" })
  t:expect_task("cancel_by_hand")
end)

test.case("whoever sends a referral by hand sees the number that the answer has to carry", function(t)
  refer(t)
  answer(t, "R")
  t:mock("referrals.send", { fail = { code = "http_404", message = "gone", retryable = false } })
  t:expect_task("declined_referral"):decide("send_elsewhere", { value = { recipient = "Other Clinic" } })
  t:equal(t:expect_task("send_by_hand").data.referral, "R1-2")
end)

-- ---- messages that are missing, late or contradictory -------------------------------------------------------------------------------

test.case("the report is read though nobody has answered, made an appointment or told of the visit", function(t)
  t:crash_everywhere()
  local case = refer(t)
  document(t, "T02", "DI")
  t:expect_task("triage_referral")
  document(t, "T02", "AU")
  t:expect_no_task("triage_referral")
  t:expect_task("read_report"):decide("acknowledged")
  t:equal(case:attribute("outcome"), "completed")
end)

test.case("the report of who had declined, or whose appointment nobody knows, is read", function(t)
  local case = refer(t)
  answer(t, "R")
  t:expect_task("declined_referral")
  document(t, "T02", "AU")
  t:equal(case:attribute("stage"), "reading")
  document(t, "T11", "AU")
  t:expect_no_task("declined_referral")
  t:equal(case:attribute("stage"), "report")
end)

test.case("an appointment is no more asked for once the report is there", function(t)
  accepted(t)
  t:expect_task("schedule_referral")
  document(t, "T02", "AU")
  t:expect_no_task("schedule_referral")
  t:expect_task("read_report")
end)

test.case("an acceptance that was written after the refusal takes it back, and one before it does not", function(t)
  t:crash_everywhere()
  local case = refer(t)
  answer(t, "R", "2026-03-02T09:00:00-05:00")
  t:skip("2h")
  answer(t, "A", "2026-03-02T08:00:00-05:00")
  t:expect_task("declined_referral")
  answer(t, "A", "2026-03-02T10:00:00-05:00")
  t:expect_no_task("declined_referral")
  t:equal(case:attribute("stage"), "scheduling")
  answer(t, "R", "2026-03-02T09:00:00-05:00")
  t:expect_task("schedule_referral")
end)

test.case("an answer that is told again after the referral was cancelled asks nobody, another one does", function(t)
  local case = refer(t)
  answer(t, "A", "2026-03-02T09:00:00-05:00")
  case:signal("cancel", {})
  answer(t, "A", "2026-03-02T09:00:00-05:00")
  t:expect_no_task()
  answer(t, "A", "2026-03-02T09:05:00-05:00")
  t:expect_task("late_answer")
end)

for _, answer in ipairs { "keep", "cancel" } do
  test.case("a referral in doubt is not sent before somebody has answered: " .. answer, function(t)
    t:crash_everywhere()
    refer(t, { id = "R1", recipient = "Heart Clinic", service = "Cardiology", priority = "high" })
    t:event { type = "patient.unlinked", patient = discharges.patient(), data = {} }
    t:expect_task("complete_referral"):decide("completed", { value = { recipient = "Heart Clinic", service = "Cardiology", reason = "New heart failure" } })
    t:equal(#t:calls("referrals.send"), 0)
    t:expect_task("referral_in_doubt"):decide(answer)
    t:equal(#t:calls("referrals.send"), answer == "keep" and 1 or 0)
  end)
end

local DOWN = { fail = { code = "down", message = "down", retryable = true } }

for _, answer in ipairs { "keep", "cancel" } do
  test.case("the sending of a referral that comes into doubt is not tried again before somebody has answered: " .. answer, function(t)
    t:crash_everywhere()
    refer(t, nil, DOWN)
    t:skip("5s")
    local tried = #t:calls("referrals.send")
    t:event { type = "patient.unlinked", patient = discharges.patient(), data = {} }
    t:mock("referrals.send", { acknowledged = true })
    t:skip("10m")
    t:equal(#t:calls("referrals.send"), tried)
    t:expect_task("referral_in_doubt"):decide(answer)
    t:equal({ #t:calls("referrals.send") - tried, #t:calls("referrals.cancel") }, answer == "keep" and { 1, 0 } or { 0, 1 })
  end)
end

test.case("a referral that comes into doubt is not sent by hand either before somebody has answered", function(t)
  t:crash_everywhere()
  refer(t, nil, DOWN)
  t:skip("2h")
  t:expect_task("send_by_hand")
  t:event { type = "patient.unlinked", patient = discharges.patient(), data = {} }
  t:expect_no_task("send_by_hand")
  t:expect_task("referral_in_doubt"):decide("keep")
  t:skip("1h")
  t:expect_task("send_by_hand")
end)
