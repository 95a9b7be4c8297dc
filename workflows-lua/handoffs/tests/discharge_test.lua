-- The discharge workflow from admission to day 30. 2026-03-02 is a Monday.
local test = require "test"
local json = require "json"
local discharges = require "support.discharges"
local times = require "times"

-- Everything that people owe to a patient at home, done at the first try.
local function follow_up_well(t)
  t:expect_task("follow_up_call"):decide("reached")
  t:expect_task("book_visit"):decide("booked", { value = { starts_at = "2026-03-09T10:00:00-05:00" } })
  t:skip("8d")
  t:expect_task("visit_kept"):decide("kept")
end

-- ---- the usual course -------------------------------------------------------------------------------------------------------

test.case("a patient who goes home is called, seen, and the case closes on day 30", function(t)
  t:crash_everywhere()
  local case = discharges.home(t)
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(case:attribute("stage"), "follow_up")
  follow_up_well(t)
  t:expect_no_task()
  t:skip("20d")
  t:equal(case:status(), "running", "day 29")
  t:skip("2d")
  t:equal(case:status(), "completed")
  t:equal(case:attribute("follow_up"), "completed")
end)

test.case("a task belongs to the patient's ward, and goes on with the next where the patient is moved", function(t)
  discharges.open(t)
  discharges.admit(t)
  local checklist = t:expect_task("readiness_checklist", { unit = "MED" })
  t:fails(function() checklist:claim { subject = "nurse.bea", role = "nurse", unit = "SURG" } end, "belongs to MED")
  checklist:decide("ready", { by = { subject = "nurse.ann", role = "nurse", unit = "MED" } })
  t:event { type = "encounter.updated", encounter = "E1", data = { ward = "SURG" } }
  t:skip("31d")
  t:expect_task("long_stay", { unit = "SURG" })
end)

test.case("where no message says the ward, everybody of the role sees the task", function(t)
  discharges.open(t)
  t:event { type = "encounter.admitted", encounter = "E1", data = {} }
  t:equal(t:expect_task("readiness_checklist").units, {})
end)

test.case("an admission is told to the primary care physician, and planning begins", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:equal(case:attribute("stage"), "in_hospital")
  t:equal(case:attribute("ward"), "MED")
  t:expect_activity("notices.send", { kind = "admission", recipient = "primary_care" })
  t:expect_task("readiness_checklist", { role = "nurse" })
end)

test.case("a checklist that nobody has done when the patient leaves is withdrawn", function(t)
  discharges.open(t)
  discharges.admit(t)
  discharges.leave(t)
  t:expect_no_task("readiness_checklist")
end)

test.case("services ordered in the checklist become referrals", function(t)
  discharges.open(t)
  t:mock("referrals.send", { acknowledged = true })
  discharges.admit(t)
  t:expect_task("readiness_checklist"):decide("needs_services", {
    value = { referrals = { { recipient = "Heart Clinic", service = "Cardiology", reason = "New heart failure" } } },
  })
  t:expect_activity("referrals.send", { order = { recipient = "Heart Clinic" } })
  t:equal(#t:instances("referral"), 1)
end)

test.case("a transfer changes the ward and nothing else", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:event { type = "encounter.transferred", encounter = "E1", data = { ward = "ICU" } }
  t:equal(case:attribute("ward"), "ICU")
  t:event { type = "encounter.transfer_cancelled", encounter = "E1", data = { ward = "MED" } }
  t:equal(case:attribute("ward"), "MED")
  t:equal(case:attribute("stage"), "in_hospital")
end)

-- ---- medication ---------------------------------------------------------------------------------------------------------------

test.case("lists that agree need no pharmacist", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:expect_no_task("medication_review")
end)

test.case("a different dose of an anticoagulant goes to a pharmacist with high priority", function(t)
  discharges.open(t)
  t:mock("ehr.active_orders", { { code = "A1", name = "Apixaban", dose = "2.5 mg" } })
  discharges.admit(t)
  local review = t:expect_task("medication_review", { role = "pharmacist" })
  t:contains(review.why, "high-alert")
  t:equal(review.data.differences[1].kind, "dose")
  review:decide("approve")
  t:expect_no_task("medication_review")
end)

test.case("a drug that stands in a list twice, with another dose in the evening, is compared dose by dose", function(t)
  local function drugs(...)
    local list = {}
    for i, dose in ipairs { ... } do list[i] = { code = "I1", name = "Insulin", dose = dose } end
    return list
  end
  discharges.open(t)
  t:mock("pharmacy.home_list", drugs("10 U", "20 U"))
  t:mock("ehr.active_orders", drugs("20 U", "10 U"))
  discharges.admit(t)
  t:expect_no_task("medication_review")
  t:mock("ehr.active_orders", drugs("10 U"))
  discharges.admit(t, "E2")
  local review = t:expect_task("medication_review")
  t:equal(#review.data.differences, 1)
  t:equal({ review.data.differences[1].kind, review.data.differences[1].home.dose }, { "only_home", "20 U" })
end)

test.case("a changed drug is named with what to do, and a new dose where it is changed", function(t)
  discharges.open(t)
  t:mock("ehr.active_orders", { { code = "A1", name = "Apixaban", dose = "2.5 mg" } })
  discharges.admit(t)
  local review = t:expect_task("medication_review", { role = "pharmacist", form = "med_review" })
  t:fails(function() review:decide("change") end, "drugs is missing")
  t:fails(function() review:decide("change", { value = { drugs = { { drug = "Apixaban", action = "change" } } } }) end, "drugs%[0%].new_dose is missing")
  t:fails(function() review:decide("refuse", { reason = "No" }) end, "needs a reason code")
  review:decide("change", { value = { drugs = { { drug = "Apixaban", action = "change", new_dose = "5 mg" } } } })
  t:expect_no_task("medication_review")
end)

test.case("a review that is not decided in four working hours reaches the charge pharmacist", function(t)
  discharges.open(t)
  t:mock("ehr.active_orders", json.array {})
  discharges.admit(t)
  t:skip("4h", "business")
  t:expect_task("medication_review", { role = "charge_pharmacist" })
end)

test.case("a pharmacist who refuses sends the orders back to the attending physician", function(t)
  discharges.open(t)
  t:mock("ehr.active_orders", json.array {})
  discharges.admit(t)
  t:expect_task("medication_review"):decide("refuse", { reason = "Anticoagulant left out", reason_code = "omission" })
  local open = t:expect_task("resolve_medication", { role = "attending" })
  t:contains(open.why, "Anticoagulant left out")
end)

test.case("a pharmacy that does not answer makes the review a person's work", function(t)
  discharges.open(t)
  t:mock("pharmacy.home_list", { fail = { code = "http_503", message = "down" } })
  discharges.admit(t)
  t:skip("1h")
  t:contains(t:expect_task("medication_review").why, "list from home")
end)

test.case("a review that was open at the discharge stays open after it", function(t)
  discharges.open(t)
  t:mock("ehr.active_orders", json.array {})
  discharges.admit(t)
  discharges.leave(t)
  t:expect_task("medication_review", { role = "pharmacist" })
end)

-- ---- where to -------------------------------------------------------------------------------------------------------------------

test.case("a facility is told and must acknowledge; nobody calls the patient", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { acknowledged = false })
  local case = discharges.leave(t, "03")
  t:equal(case:attribute("disposition"), "facility")
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_activity("notices.send", { kind = "discharge", recipient = "facility" })
  t:expect_no_task("follow_up_call")
  case:signal("acknowledged:facility", { by = "Nurse Hill" })
  case:signal("acknowledged:primary_care")
  t:skip("30d")
  t:equal(case:result(), { outcome = "discharged", follow_up = "completed", calls = 0 })
end)

test.case("a recipient who stays silent is reminded, then called by a person", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { acknowledged = false })
  discharges.leave(t, "06")
  t:skip("4h")
  t:equal(#t:calls("notices.remind"), 2, "primary care and the agency")
  t:skip("20h")
  t:equal(#t:tasks("call_recipient"), 2)
  t:tasks("call_recipient")[1]:decide("told")
  t:equal(#t:tasks("call_recipient"), 1)
end)

test.case("an acknowledgement that comes while somebody is about to call closes the task", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { acknowledged = false })
  local case = discharges.leave(t, "01")
  t:skip("1d")
  t:expect_task("call_recipient", { role = "unit_clerk" })
  case:signal("acknowledged:primary_care")
  t:expect_no_task("call_recipient")
end)

test.case("after a death nobody is called", function(t)
  t:crash_everywhere()
  discharges.open(t)
  discharges.admit(t)
  local case = discharges.leave(t, "20")
  t:equal(case:attribute("outcome"), "deceased_no_followup")
  t:equal(case:attribute("follow_up"), "none")
  t:expect_no_task()
  t:skip("7d")
  t:equal(case:status(), "completed")
  t:equal(#t:calls("notices.send"), 1, "of the admission only")
end)

test.case("a death is known by its code, and by the words that senders use for it", function(t)
  for i, code in ipairs { "20", "41", "EXP", "Expired", "DECEASED" } do
    discharges.open(t)
    discharges.admit(t, "E" .. i)
    t:equal(discharges.leave(t, code, "E" .. i):attribute("outcome"), "deceased_no_followup")
    t:expect_no_task("follow_up_call")
  end
end)

test.case("a patient who died in hospital is not called even if the discharge says home", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:event { type = "patient.died" }
  local case = discharges.leave(t, "01")
  t:equal(case:attribute("outcome"), "deceased_no_followup")
  t:expect_no_task()
end)

test.case("after leaving against advice a person decides whether to follow up", function(t)
  discharges.open(t)
  discharges.admit(t)
  local case = discharges.leave(t, "07")
  t:equal(case:attribute("outcome"), "ama_followup_review")
  t:expect_no_task("follow_up_call")
  t:expect_task("ama_follow_up", { role = "case_manager" }):decide("follow_up")
  t:expect_task("follow_up_call")
  t:equal(case:attribute("outcome"), "ama_followup_review")
end)

test.case("when the person decides against it, nobody calls", function(t)
  discharges.open(t)
  discharges.admit(t)
  local case = discharges.leave(t, "07")
  t:expect_task("ama_follow_up"):decide("no_follow_up", { reason = "Patient asked not to be called" })
  t:expect_activity("notices.send", { kind = "discharge", recipient = "primary_care" })
  t:expect_no_task()
  t:skip("1d")
  t:equal(case:result().follow_up, "declined")
end)

test.case("a destination that nobody knows is followed up like home", function(t)
  discharges.open(t)
  discharges.admit(t)
  local case = discharges.leave(t, "ZZ")
  t:equal(case:attribute("disposition"), "home")
  t:expect_task("follow_up_call")
end)

-- ---- calls, visits, results, the summary ----------------------------------------------------------------------------------------

test.case("the first call is due two business days after the discharge, and escalates", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:clock("2026-03-06T15:00:00-05:00")  -- A Friday.
  discharges.leave(t)
  local call = t:expect_task("follow_up_call", { role = "care_coordinator" })
  t:equal(call.due, times.parse("2026-03-10T17:00:00-04:00"), "Tuesday evening; the clocks changed on Sunday")
  t:clock("2026-03-10T18:00:00-04:00")
  t:expect_task("follow_up_call", { role = "case_manager" })
end)

test.case("attempts are logged one by one, and after the last a case manager decides", function(t)
  local case = discharges.home(t)
  for _ = 1, 4 do
    t:expect_task("follow_up_call"):decide("not_reached")
    t:expect_no_task("follow_up_call")
    t:skip("4h", "business")
  end
  t:expect_task("unreachable_patient", { role = "case_manager" }):decide("letter_sent")
  t:expect_no_task("unreachable_patient")
  t:equal(case:status(), "running")
end)

test.case("a worry that the patient tells on the telephone is urgent", function(t)
  discharges.home(t)
  t:expect_task("follow_up_call"):decide("reached", { value = { concern = "short of breath" } })
  local concern = t:expect_task("clinical_concern", { role = "nurse" })
  t:contains(concern.why, "short of breath")
  concern:decide("visit_today")
end)

test.case("a patient who is not well, or has no drugs, is a nurse's to see to, though the caller writes no more", function(t)
  discharges.home(t)
  t:expect_task("follow_up_call"):decide("reached", { value = { well = false, drugs_there = false, drugs_taken = true } })
  t:contains(t:expect_task("clinical_concern", { role = "nurse" }).why, "is not well, does not have the drugs")
end)

test.case("an emergency admission makes the visit due within seven days", function(t)
  discharges.open(t)
  t:event { type = "encounter.admitted", encounter = "E1", data = { ward = "MED", admission_type = "E" } }
  t:skip("1d")
  discharges.leave(t)
  t:equal(t:expect_task("book_visit").data.deadline, "2026-03-11T03:59:00.000Z")
end)

test.case("a long stay does as well, also where no message but the admission says when it began", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:skip("7d")
  discharges.leave(t)
  t:equal(t:expect_task("book_visit").data.deadline, "2026-03-17T03:59:00.000Z")
end)

test.case("otherwise it is due within fourteen", function(t)
  discharges.home(t)
  t:equal(t:expect_task("book_visit").data.deadline, "2026-03-18T03:59:00.000Z")
end)

test.case("an appointment from the scheduling system needs nobody to book one", function(t)
  discharges.home(t)
  t:event { type = "appointment.booked", data = { appointment = "V1", kind = "FOLLOWUP", starts_at = "2026-03-09T10:00:00-05:00" } }
  t:expect_no_task("book_visit")
  t:event { type = "appointment.kept", data = { appointment = "V1" } }
  t:skip("10d")
  t:expect_no_task("visit_kept")
end)

test.case("a missed visit is booked again", function(t)
  discharges.home(t)
  t:expect_task("book_visit"):decide("booked", { value = { appointment = "V1", starts_at = "2026-03-09T10:00:00-05:00" } })
  t:event { type = "appointment.missed", data = { appointment = "V1" } }
  t:contains(t:expect_task("book_visit").why, "did not take place")
end)

test.case("a visit that is moved is asked about after its new time, and one that is cancelled is booked again", function(t)
  t:crash_everywhere()
  discharges.home(t)
  local function appointment(what, starts_at)
    t:event { type = "appointment." .. what, data = { appointment = "V1", kind = "FOLLOWUP", starts_at = starts_at } }
  end
  appointment("booked", "2026-03-06T10:00:00-05:00")
  appointment("rescheduled", "2026-03-12T10:00:00-04:00")
  t:clock("2026-03-10T10:00:00-04:00")
  t:expect_no_task("visit_kept")
  appointment("cancelled")
  t:contains(t:expect_task("book_visit").why, "was cancelled")
end)

test.case("a cancelled visit is none that the patient missed", function(t)
  discharges.home(t)
  for n = 1, 4 do
    t:event { type = "appointment.booked", data = { appointment = "V" .. n, kind = "FOLLOWUP", starts_at = "2026-03-09T10:00:00-04:00" } }
    t:event { type = "appointment.cancelled", data = { appointment = "V" .. n } }
  end
  t:expect_no_task("visit_missed")
  t:expect_task("book_visit")
end)

test.case("a visit stays booked when the discharge is cancelled and told anew", function(t)
  discharges.home(t)
  t:event { type = "appointment.booked", data = { appointment = "V1", kind = "FOLLOWUP", starts_at = "2026-03-09T10:00:00-04:00" } }
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:skip("2h")
  t:event { type = "appointment.rescheduled", data = { appointment = "V1", starts_at = "2026-03-10T10:00:00-04:00" } }
  discharges.leave(t)
  t:expect_task("follow_up_call")
  t:expect_no_task("book_visit")
  t:clock("2026-03-11T09:00:00-04:00")
  t:expect_no_task("visit_kept")
  t:clock("2026-03-11T11:00:00-04:00")
  t:expect_task("visit_kept")
end)

test.case("a result that comes after the discharge and is abnormal reaches a physician", function(t)
  discharges.open(t)
  t:mock("ehr.pending_results", { { order = "O7", name = "Blood culture" } })
  discharges.admit(t)
  discharges.leave(t)
  t:event { type = "result.final", data = { order = "O1" } }
  t:event { type = "result.final", data = { order = "O7", abnormal = { { name = "Growth", value = "S. aureus", flag = "AA" } }, critical = true } }
  t:contains(t:expect_task("review_result", { role = "physician" }).why, "Blood culture")
end)

test.case("a pending result that never comes is looked for after fourteen days", function(t)
  discharges.open(t)
  t:mock("ehr.pending_results", { { order = "O7", name = "Blood culture" } })
  discharges.admit(t)
  discharges.leave(t)
  t:skip("14d")
  t:expect_task("chase_result", { role = "nurse" }):decide("normal")
  t:expect_no_task("review_result")
end)

test.case("a summary that is not complete after two business days is asked for", function(t)
  discharges.open(t)
  t:mock("ehr.summary_status", { complete = false, missing = { "diagnosis" } })
  discharges.admit(t)
  discharges.leave(t)
  t:expect_no_task("complete_summary")
  t:skip("2d", "business")
  t:expect_task("complete_summary", { role = "attending" })
end)

test.case("a summary that is signed in time is not", function(t)
  discharges.open(t)
  t:mock("ehr.summary_status", { complete = false })
  discharges.admit(t)
  discharges.leave(t)
  t:event { type = "discharge_summary.created", encounter = "E1", data = { complete = true } }
  t:skip("3d")
  t:expect_no_task("complete_summary")
end)

test.case("what is still open on day 30 is somebody's decision", function(t)
  local case = discharges.home(t)
  t:skip("30d")
  t:contains(t:expect_task("unfinished_follow_up", { role = "case_manager" }).why, "contact")
  t:expect_no_task("follow_up_call")
  t:expect_task("unfinished_follow_up"):decide("go_on")
  t:expect_task("follow_up_call")
  t:skip("7d")
  t:expect_task("unfinished_follow_up"):decide("close")
  t:equal(case:result().follow_up, "unfinished")
end)
