-- What goes otherwise than planned: cancellations, repetitions, messages out of order, readmissions, deaths. 2026-03-02 is a Monday.
local test = require "test"
local discharges = require "support.discharges"

test.case("a cancelled discharge stops everything, corrects what was said, and waits for the next one", function(t)
  t:crash_everywhere()
  local case = discharges.home(t)
  t:skip("50m")
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = { ward = "MED" } }
  t:equal(case:attribute("stage"), "in_hospital")
  t:equal(case:attribute("outcome"), nil)
  t:expect_no_task()
  t:expect_activity("notices.correct", { kind = "discharge", recipient = "primary_care" })

  t:skip("5d")
  t:expect_no_task()  -- No timer of the first discharge is left.
  discharges.leave(t)
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
  t:equal(#t:instances("discharge"), 1)
end)

test.case("a notice that did not go out before the cancellation never goes out", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:mock("notices.send", { fail = { code = "http_503", message = "down" } }, 1)
  discharges.leave(t)
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  local sent = #t:calls("notices.send")
  t:skip("2d")
  t:equal(#t:calls("notices.send"), sent)
end)

test.case("a recipient who cannot be told of the correction is called by a person", function(t)
  local case = discharges.home(t)
  t:mock("notices.correct", { fail = { code = "http_410", message = "gone", retryable = false } })
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:expect_task("call_about_correction", { role = "unit_clerk" }):decide("told")
  t:equal(t:instance("notice_correction"):status(), "completed")
  t:equal(case:status(), "running")
end)

test.case("a discharge told twice is one discharge", function(t)
  local case = discharges.home(t)
  local sent = #t:calls("notices.send")
  discharges.leave(t)
  t:expect_task("follow_up_call")
  t:equal(#t:calls("notices.send"), sent)
  t:equal(#t:instances("discharge"), 1)
  t:equal(case:attribute("outcome"), "discharged")
end)

test.case("a discharge that is told again and then cancelled stays cancelled", function(t)
  local case = discharges.home(t)
  discharges.leave(t)
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:equal(case:attribute("stage"), "in_hospital")
end)

test.case("a discharge with a corrected destination starts its follow-up anew", function(t)
  local case = discharges.home(t)
  discharges.leave(t, "20")
  t:equal(case:attribute("outcome"), "deceased_no_followup")
  t:expect_no_task()
  t:expect_activity("notices.correct", { kind = "discharge" })
end)

test.case("a person who knows better replaces the destination, and the message told again does not undo it", function(t)
  local case = discharges.home(t)
  t:override(case, "disposition", { after = { outcome = "facility" }, reason = "Went to Hillside instead" })
  t:equal(case:attribute("disposition"), "facility")
  t:expect_no_task("follow_up_call")
  t:expect_activity("notices.send", { recipient = "facility" })
  discharges.leave(t)
  t:equal(case:attribute("disposition"), "facility")
end)

test.case("a death that was told by mistake is taken back like any discharge", function(t)
  discharges.open(t)
  discharges.admit(t)
  local case = discharges.leave(t, "20")
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:equal(case:attribute("stage"), "in_hospital")
  discharges.leave(t, "01")
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a discharge that overtakes its admission is followed up, and the admission only adds to it", function(t)
  t:crash_everywhere()
  discharges.open(t)
  local case = discharges.leave(t)
  t:expect_task("follow_up_call")
  t:skip("10m")
  t:event { type = "encounter.admitted", encounter = "E1", occurred_at = "2026-03-01T08:00:00-05:00", data = { ward = "SURG" } }
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(case:attribute("ward"), "SURG")
  t:expect_task("follow_up_call")
  t:equal(#t:instances("discharge"), 1)
end)

test.case("a cancellation that overtakes its discharge takes it with it", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:skip("1d")
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = { sent_at = "2026-03-03T09:00:00-05:00" } }
  t:event { type = "encounter.discharged", encounter = "E1", data = { sent_at = "2026-03-03T08:00:00-05:00", disposition_code = "01" } }
  t:equal(case:attribute("stage"), "in_hospital")
  t:skip("1d")
  t:event { type = "encounter.discharged", encounter = "E1", data = { sent_at = "2026-03-04T09:00:00-05:00", disposition_code = "01" } }
  t:equal(case:attribute("outcome"), "discharged")
end)

test.case("a cancellation that is told again after the next discharge changes nothing", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  for _, message in ipairs { { "discharged", "08" }, { "discharge_cancelled", "09" }, { "discharged", "10" }, { "discharge_cancelled", "09" } } do
    t:event { type = "encounter." .. message[1], encounter = "E1",
      data = { sent_at = "2026-03-02T" .. message[2] .. ":00:00-05:00", disposition_code = "01" } }
  end
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a cancelled admission ends the case and corrects the notice", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:event { type = "encounter.admit_cancelled", encounter = "E1", data = {} }
  t:equal(case:attribute("outcome"), "admit_cancelled")
  t:equal(case:attribute("stage"), "closed")
  t:expect_no_task()
  t:expect_activity("notices.correct", { kind = "admission" })
  t:skip("1d")
  t:equal(case:status(), "completed")
end)

test.case("a cancellation that overtakes its admission leaves no case open", function(t)
  discharges.open(t)
  t:event { type = "encounter.admit_cancelled", encounter = "E1", data = { sent_at = "2026-03-02T08:40:00-05:00" } }
  t:event { type = "encounter.admitted", encounter = "E1", data = { sent_at = "2026-03-02T08:00:00-05:00", ward = "MED" } }
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("outcome"), "admit_cancelled")
  t:expect_no_task()
  t:skip("1d")
  t:equal(case:status(), "completed")
end)

test.case("a patient who is admitted after all, under the same number, is a case again", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:event { type = "encounter.admit_cancelled", encounter = "E1", data = { sent_at = "2026-03-02T09:40:00-05:00" } }
  t:event { type = "encounter.admitted", encounter = "E1", data = { sent_at = "2026-03-02T10:00:00-05:00", ward = "MED" } }
  t:equal(case:attribute("stage"), "in_hospital")
  t:equal(case:attribute("outcome"), nil)
  t:expect_task("readiness_checklist")
  discharges.leave(t)
  t:equal(case:attribute("outcome"), "discharged")
end)

test.case("a cancelled admission without a number is of the stay that is open", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:event { type = "encounter.admit_cancelled", data = {} }
  t:equal(case:attribute("outcome"), "admit_cancelled")
  t:expect_no_task()
end)

test.case("a cancelled admission without a number ends the follow-up of a stay as well", function(t)
  local case = discharges.home(t)
  t:event { type = "encounter.deleted", data = {} }
  t:equal(case:attribute("outcome"), "admit_cancelled")
  t:expect_no_task()
end)

test.case("the cancellation of a visit that has no number is of no stay", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:event { type = "encounter.visit_cancelled", data = {} }
  t:event { type = "encounter.visit_ended", data = {} }
  t:equal(case:attribute("stage"), "in_hospital")
end)

test.case("a discharge that is told after the cancelled admission is followed up", function(t)
  t:crash_everywhere()
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 5)
  local case = t:instance("discharge", "E1")
  discharges.tell(t, "admit_cancelled", "E1", 6)
  t:equal(case:attribute("outcome"), "admit_cancelled")
  discharges.tell(t, "discharged", "E1", 5, { disposition_code = "01" })
  discharges.tell(t, "discharged", "E1", 6, { disposition_code = "01" })
  t:equal(case:attribute("outcome"), "admit_cancelled", "what was written before the cancellation went with it")
  discharges.tell(t, "discharged", "E1", 8, { disposition_code = "01" })
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(case:attribute("stage"), "follow_up")
  t:expect_task("follow_up_call")
end)

test.case("a message that was written earlier moves nobody back to the ward of then", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 5, { ward = "MED" })
  local case = t:instance("discharge", "E1")
  t:expect_task("readiness_checklist"):decide("ready")
  discharges.tell(t, "transferred", "E1", 8, { ward = "ICU" })
  discharges.tell(t, "updated", "E1", 7, { ward = "MED" })
  t:equal(case:attribute("ward"), "ICU")
  t:skip("31d")
  t:expect_task("long_stay", { unit = "ICU" })
end)

test.case("an admission that was overtaken adds what is not known, and leaves the ward as it is", function(t)
  discharges.open(t)
  discharges.tell(t, "discharged", "E1", 8, { disposition_code = "01", ward = "ICU" })
  local case = t:instance("discharge", "E1")
  discharges.tell(t, "admitted", "E1", 5, { ward = "MED", primary_care = { id = "D7" } })
  t:equal(case:attribute("ward"), "ICU")
  t:skip("1d")
  t:expect_task("follow_up_call", { unit = "ICU" })
end)

test.case("after a merge the case goes on under the record that stays", function(t)
  discharges.open(t)
  t:event { type = "encounter.admitted", patient = "OLD", encounter = "E1", data = { ward = "MED" } }
  t:event { type = "patient.merged", patient = "NEW", merge = { identifiers = { { system = "TEST", value = "OLD", type = "MR" } } } }
  local case = discharges.leave(t)
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a new admission within 30 days ends the calls of the old case", function(t)
  local case = discharges.home(t)
  t:skip("3d")
  discharges.admit(t, "E2")
  t:expect_no_task("follow_up_call")
  t:equal(case:attribute("follow_up"), "readmitted")
  t:skip("1d")
  t:equal(case:status(), "completed")
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(t:instance("discharge", "E2"):status(), "running")
end)

test.case("when the new admission is cancelled, the calls go on where they stopped", function(t)
  local case = discharges.home(t)
  t:expect_task("follow_up_call"):decide("not_reached")
  t:skip("3d")
  t:contains(t:expect_task("follow_up_call").why, "Call 2 of 4")
  discharges.admit(t, "E2")
  t:skip("40m")
  t:event { type = "encounter.admit_cancelled", encounter = "E2", data = {} }
  t:equal(case:attribute("follow_up"), "open")
  t:contains(t:expect_task("follow_up_call").why, "Call 2 of 4")
end)

test.case("a cancelled discharge forgets the new admission, whose cancellation then changes nothing", function(t)
  local case = discharges.home(t)
  t:skip("3d")
  discharges.admit(t, "E2")
  t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
  t:equal(case:attribute("stage"), "in_hospital")
  t:event { type = "encounter.admit_cancelled", encounter = "E2", data = {} }
  t:equal(case:attribute("stage"), "in_hospital")
  discharges.leave(t)
  t:equal(case:attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

test.case("a new admission that is told before the discharge is a readmission all the same", function(t)
  t:crash_everywhere()
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "admitted", "E2", 8)
  discharges.tell(t, "discharged", "E1", 7, { disposition_code = "01" })
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("outcome"), "discharged")
  t:equal(case:attribute("follow_up"), "readmitted")
  t:expect_no_task("follow_up_call")
  discharges.tell(t, "admit_cancelled", "E2", 9)
  t:equal(case:attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

test.case("a cancellation that overtakes the new admission takes it with it", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "discharged", "E1", 7, { disposition_code = "01" })
  discharges.tell(t, "admit_cancelled", "E2", 9)
  discharges.tell(t, "admitted", "E2", 8)
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

test.case("a cancelled new admission that is told again stays cancelled, and a newer one counts", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "discharged", "E1", 5, { disposition_code = "01" })
  local case = t:instance("discharge", "E1")
  for _, message in ipairs { { "admitted", 6 }, { "admit_cancelled", 7 }, { "admitted", 6 }, { "admitted", 7 } } do
    discharges.tell(t, message[1], "E2", message[2])
  end
  t:equal(case:attribute("follow_up"), "open")
  discharges.tell(t, "admitted", "E2", 8)
  t:equal(case:attribute("follow_up"), "readmitted")
end)

test.case("of two new admissions, the cancelled one leaves the other", function(t)
  local case = discharges.home(t)
  t:skip("1d")
  discharges.admit(t, "E2")
  t:skip("1h")
  discharges.admit(t, "E3")
  t:event { type = "encounter.admit_cancelled", encounter = "E3", data = {} }
  t:equal(case:attribute("follow_up"), "readmitted")
  t:event { type = "encounter.admit_cancelled", data = {} }
  t:equal(case:attribute("follow_up"), "open", "without a number it is of the stay that began last")
end)

test.case("an older admission that arrives late is no readmission", function(t)
  local case = discharges.home(t)
  t:event { type = "encounter.admitted", encounter = "E0", occurred_at = "2026-01-05T08:00:00-05:00", data = {} }
  t:equal(case:attribute("follow_up"), "open")
  t:expect_task("follow_up_call")
end)

test.case("a death at home ends the calls", function(t)
  local case = discharges.home(t)
  t:skip("2d")
  t:event { type = "patient.died" }
  t:expect_no_task()
  t:equal(case:attribute("follow_up"), "died")
  t:skip("1d")
  t:equal(case:status(), "completed")
  t:equal(case:result(), { outcome = "discharged", follow_up = "died", calls = 0 })
end)

-- ---- a death that was told by mistake ----------------------------------------------------------------------------------------

test.case("a death in hospital that a later message corrects does not stop the follow-up", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  local case = t:instance("discharge", "E1")
  discharges.tell(t, "updated", "E1", 3, {}, true)
  discharges.tell(t, "updated", "E1", 4, {}, false)
  discharges.tell(t, "updated", "E1", 3, {}, true)
  discharges.tell(t, "discharged", "E1", 5, { disposition_code = "01" }, false)
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a discharge to death that is corrected to home is followed up", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "discharged", "E1", 3, { disposition_code = "20" }, true)
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("outcome"), "deceased_no_followup")
  discharges.tell(t, "discharged", "E1", 5, { disposition_code = "01" }, false)
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a patient of whom it was said at the discharge that she is dead, and then that she lives, is followed up to where she went", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "discharged", "E1", 3, { disposition_code = "06" }, true)
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("disposition"), "died")
  discharges.tell(t, "updated", "E1", 5, {}, false)
  t:equal(case:attribute("disposition"), "home_health")
  t:expect_task("follow_up_call")
end)

test.case("a death after the discharge that is corrected within a day lets the calls go on where they stopped", function(t)
  t:crash_everywhere()
  local case = discharges.home(t)
  t:expect_task("follow_up_call"):decide("not_reached")
  t:skip("1d")
  t:event { type = "encounter.updated", encounter = "E1", patient = discharges.patient(true), data = {} }
  t:event { type = "patient.died" }
  t:expect_no_task()
  t:equal(case:status(), "running")
  t:skip("3h")
  t:event { type = "encounter.updated", encounter = "E1", patient = discharges.patient(false), data = {} }
  t:equal(case:attribute("follow_up"), "open")
  t:contains(t:expect_task("follow_up_call").why, "Call 2 of 4")
end)

test.case("where the discharge says died and a later message that the patient lives, a person says which is true", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1)
  discharges.tell(t, "discharged", "E1", 3, { disposition_code = "20" }, true)
  local case = t:instance("discharge", "E1")
  discharges.tell(t, "updated", "E1", 5, {}, false)
  t:expect_no_task("follow_up_call")
  t:expect_task("death_contradicted", { role = "case_manager" }):decide("lives", { reason = "She answered the telephone" })
  t:equal(case:attribute("outcome"), "discharged")
  t:expect_task("follow_up_call")
end)

test.case("a sender that says of everybody that they live does not contradict a discharge to death", function(t)
  discharges.open(t)
  discharges.tell(t, "admitted", "E1", 1, {}, false)
  discharges.tell(t, "discharged", "E1", 3, { disposition_code = "20" }, false)
  discharges.tell(t, "updated", "E1", 5, {}, false)
  local case = t:instance("discharge", "E1")
  t:equal(case:attribute("outcome"), "deceased_no_followup")
  t:expect_no_task()
end)

test.case("a discharge that is told weeks late starts its clocks when it is told", function(t)
  discharges.open(t)
  discharges.admit(t)
  t:skip("20d")
  t:event { type = "encounter.discharged", encounter = "E1", occurred_at = "2026-03-03T08:00:00-05:00", data = { disposition_code = "01" } }
  local call = t:expect_task("follow_up_call")
  t:truthy(call.due > t:now(), "the deadline is ahead")
end)

test.case("a stay that nobody has heard of for a month is asked about", function(t)
  discharges.open(t)
  local case = discharges.admit(t)
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("30d")
  t:expect_task("long_stay", { role = "unit_clerk" }):decide("gone")
  t:equal(case:attribute("outcome"), "no_discharge_told")
end)

test.case("without any system configured, people do the work and nothing is lost", function(t)
  t:clock("2026-03-02T09:00:00-05:00")
  local nowhere = { fail = { code = "not_configured", message = "no address", retryable = false } }
  for _, name in ipairs { "pharmacy.home_list", "ehr.active_orders", "ehr.pending_results", "ehr.summary_status", "notices.send", "notices.remind", "notices.correct" } do
    t:mock(name, nowhere)
  end
  discharges.admit(t)
  local case = discharges.leave(t)
  for _, name in ipairs { "medication_review", "call_recipient", "follow_up_call", "book_visit", "list_pending_results" } do
    t:expect_task(name)
  end
  t:equal(case:attribute("outcome"), "discharged")
end)
