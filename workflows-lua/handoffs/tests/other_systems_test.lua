-- Answers of the hospital's systems that are not what docs/WORKFLOWS.md says: they count as none, and a person is asked.
local test = require "test"
local json = require "json"
local discharges = require "support.discharges"

local ODD = { null = json.null, yes = true, text = "OK", number = 7, object = {} }

-- The patient goes home from a hospital where these activities give this answer.
local function home_where(t, names, answer)
  discharges.open(t)
  for _, name in ipairs(names) do t:mock(name, function() return answer end) end
  discharges.admit(t)
  return discharges.leave(t)
end

for kind, answer in pairs(ODD) do
  test.case("an odd answer (" .. kind .. ") to a question for lists stops nothing, and people are asked", function(t)
    local case = home_where(t, { "pharmacy.home_list", "ehr.active_orders", "ehr.pending_results", "ehr.summary_status" }, answer)
    t:contains(t:expect_task("medication_review").why, "could not be fetched")
    t:expect_task("list_pending_results", { role = "nurse" })
    t:expect_task("follow_up_call")
    t:skip("2d", "business")
    t:expect_task("complete_summary")
    t:equal(case:status(), "running")
  end)

  test.case("an odd answer (" .. kind .. ") to a list of one side only is that side's", function(t)
    home_where(t, { "ehr.active_orders" }, answer)
    t:contains(t:expect_task("medication_review").why, "The orders could not be fetched")
  end)
end

for kind, answer in pairs { null = json.null, yes = true, text = "OK", number = 7, list = json.array {} } do
  test.case("an odd answer (" .. kind .. ") to a notice makes somebody call, and so to its correction", function(t)
    home_where(t, { "notices.send", "notices.correct" }, answer)
    t:contains(t:expect_task("call_recipient").why, "could not be sent")
    t:event { type = "encounter.discharge_cancelled", encounter = "E1", data = {} }
    t:truthy(#t:tasks("call_about_correction") > 0)
  end)

  test.case("an odd answer (" .. kind .. ") to a referral has it sent by hand", function(t)
    t:mock("referrals.send", function() return answer end)
    t:start("referral", { order = { id = "R1", recipient = "Heart Clinic", service = "Cardiology", reason = "New" } }, { key = "R1", patient = "P1" })
    t:expect_task("send_by_hand")
  end)
end

test.case("a pending result without its order is a question, and one that is told twice is waited for once", function(t)
  home_where(t, { "ehr.pending_results" }, { { name = "Blood culture" } })
  t:expect_task("list_pending_results"):decide("listed", { value = { orders = { { order = "O7" }, { order = "O7", name = "again" } } } })
  t:equal(#t:instances("pending_result"), 1)
end)

test.case("a drug without a code goes by its name", function(t)
  discharges.open(t)
  t:mock("pharmacy.home_list", { { code = json.null, name = "Apixaban", dose = "5 mg" }, { code = 7, name = "Digoxin" } })
  t:mock("ehr.active_orders", { { name = "apixaban", dose = "5 mg" } })
  discharges.admit(t)
  t:equal(t:expect_task("medication_review").data.differences[1].drug, "Digoxin")
end)

test.case("a notice that was taken without a word is waited for", function(t)
  home_where(t, { "notices.send" }, {})
  t:expect_no_task("call_recipient")
  t:skip("4h")
  t:expect_activity("notices.remind")
end)
