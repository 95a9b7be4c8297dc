-- A stay that is told under another name than its number: its account, an alternate number or the day of its admission. 2026-03-02 is a Monday.
local test = require "test"
local adt = require "support.adt"
local discharges = require "support.discharges"

local ADMITTED = "20260302090000-0500"

-- Admitted on Monday at nine; it is Wednesday at nine.
local function in_hospital(t, of)
  discharges.open(t)
  adt.send(t, "A01", of)
  t:skip("2m")
  t:expect_task("readiness_checklist"):decide("ready")
  t:skip("2d")
  return t:instance("discharge")
end

-- Followed up once, by the case of the stay; what was started beside it has ended.
local function expect_followed_up(t, case)
  t:skip("2m")
  t:equal({ case:attribute("outcome"), case:attribute("follow_up") }, { "discharged", "open" })
  t:expect_task("follow_up_call", { case = case })
  for _, each in ipairs(t:instances("discharge")) do
    if each.id ~= case.id then t:equal(each:attribute("outcome"), "other_number") end
  end
  t:equal(#t:calls("notices.send"), 2, "the admission and the discharge, each once")
end

for name, of in pairs {
  ["the account that the admission named"] = { { number = "E1", account = "C1" }, { account = "C1" } },
  ["an account that nobody has named"] = { { number = "E1" }, { account = "C1" } },
  ["the day of the admission"] = { { number = "E1", admitted = ADMITTED }, { admitted = "20260302" } },
  ["the day of an admission that said none"] = { { number = "E1" }, { admitted = "20260302" } },
  ["its number, where the admission named the account"] = { { account = "C1" }, { number = "E1", account = "C1" } },
  ["its number, where the admission named nothing"] = { {}, { number = "E1" } },
  ["its number, where the admission named its day"] = { { admitted = ADMITTED }, { number = "E1", admitted = "20260302" } },
} do
  test.case("a discharge under " .. name .. " is of the stay that is open", function(t)
    t:crash_everywhere()
    local case = in_hospital(t, of[1])
    local said = { code = "01" }
    for field, value in pairs(of[2]) do said[field] = value end
    adt.send(t, "A03", said)
    expect_followed_up(t, case)
    adt.send(t, "A03", said)
    expect_followed_up(t, case)
    said.code = nil
    adt.send(t, "A13", said)
    t:skip("2m")
    t:equal(case:attribute("stage"), "in_hospital", "its cancellation as well")
    t:equal(#t:tasks("readiness_checklist"), 0)
  end)
end

test.case("an observation ends under its account as well", function(t)
  local case = in_hospital(t, { number = "E1", account = "C1", class = "O" })
  adt.send(t, "A03", { account = "C1", class = "O", code = "01" })
  t:skip("2m")
  t:equal(case:attribute("outcome"), "discharged")
end)

test.case("a discharge under the account that two stays share is of the one that is open", function(t)
  t:crash_everywhere()
  local first = in_hospital(t, { number = "E1", account = "C1" })
  adt.send(t, "A03", { account = "C1", code = "01" })
  t:skip("5d")
  adt.send(t, "A01", { number = "E2", account = "C1" })
  t:skip("1d")
  adt.send(t, "A03", { account = "C1", code = "06" })
  t:skip("2m")
  t:equal({ first:attribute("disposition"), first:attribute("follow_up") }, { "home", "readmitted" })
  t:equal(t:instance("discharge", "E2"):attribute("disposition"), "home_health")
  t:equal(#t:tasks("follow_up_call"), 1)
end)

for name, of in pairs { ["another account"] = { account = "C9" }, ["another day of admission"] = { admitted = "20260212" } } do
  test.case("a discharge under " .. name .. " is not of the stay that is open", function(t)
    local case = in_hospital(t, { number = "E1", account = "C1", admitted = ADMITTED })
    adt.send(t, "A03", { account = of.account, admitted = of.admitted, code = "01" })
    t:skip("2m")
    t:equal({ case:attribute("stage"), #t:instances("discharge") }, { "in_hospital", 2 })
  end)
end

test.case("a discharge that another house tells under an account is not of the stay that is open here", function(t)
  local case = in_hospital(t, { number = "E1" })
  adt.send(t, "A03", { account = "C1", code = "01", sender = "ADT|COUNTY" })
  adt.send(t, "A07", { number = "E2", class = "O", sender = "ADT|COUNTY" })
  t:skip("2m")
  t:equal({ case:attribute("stage"), case:attribute("encounter") }, { "in_hospital", "E1" })
end)

test.case("a cancelled admission under an account that nobody has named cancels no other stay, and one under a known account does", function(t)
  local case = in_hospital(t, { number = "E1" })
  adt.send(t, "A11", { account = "C1" })
  t:skip("2m")
  t:equal(case:attribute("stage"), "in_hospital")
  adt.send(t, "A08", { number = "E1", account = "C2" })
  adt.send(t, "A11", { account = "C2" })
  t:skip("2m")
  t:equal(case:attribute("outcome"), "admit_cancelled")
end)

test.case("an admission that is planned or told under an account while the patient is in is another stay", function(t)
  local case = in_hospital(t, { number = "E1" })
  adt.send(t, "A14", { account = "C1" })
  adt.send(t, "A08", { account = "C1" })
  adt.send(t, "A05", { account = "C1", class = "P" })
  adt.send(t, "A03", { number = "E1", code = "01" })
  t:skip("3d")
  adt.send(t, "A01", { account = "C1" })
  t:equal(t:instance("discharge", "C1"):attribute("stage"), "in_hospital")
  t:equal(case:attribute("follow_up"), "readmitted")
end)

test.case("a number that a stay gets at last, by an update, is its own", function(t)
  local case = in_hospital(t, {})
  adt.send(t, "A04", { number = "V7", class = "E" })
  adt.send(t, "A08", { number = "E1" })
  t:equal(case:attribute("encounter"), "E1")
  adt.send(t, "A03", { number = "E1", code = "01" })
  expect_followed_up(t, case)
  t:equal(#t:instances("discharge"), 1)
end)

test.case("of two stays that are open, a discharge under an account that nobody has named is neither's", function(t)
  local first = in_hospital(t, { number = "E1" })
  adt.send(t, "A01", { number = "E2" })
  adt.send(t, "A03", { account = "C1", code = "01" })
  t:skip("2m")
  t:equal({ first:attribute("stage"), t:instance("discharge", "E2"):attribute("stage") }, { "in_hospital", "in_hospital" })
  t:equal(t:instance("discharge", "C1"):attribute("outcome"), "discharged")
end)

test.case("a stay whose account is moved to another record is asked about", function(t)
  in_hospital(t, { number = "E1", account = "C1" })
  adt.send(t, "A44", { patient = "P2", account = "C1", pv1 = false, mrg = "P1^^^TEST^MR||C1" })
  t:expect_task("stay_moved_away")
end)

test.case("a referral of a stay that got its number at last is in doubt when the admission is cancelled under that", function(t)
  t:crash_everywhere()
  discharges.open(t)
  t:mock("referrals.send", { acknowledged = true })
  adt.send(t, "A01", { account = "C1" })
  t:expect_task("readiness_checklist"):decide("needs_services", { value = { referrals = { { service = "physiotherapy", recipient = "Hillside", reason = "weak" } } } })
  local referral = t:instance("referral")
  for _, payload in ipairs { "now", { number = 7 } } do referral:signal("stay_number", payload) end
  t:equal(referral:attribute("encounter"), "C1")
  adt.send(t, "A08", { number = "E1", account = "C1" })
  t:equal(referral:attribute("encounter"), "E1")
  adt.send(t, "A11", { number = "E1" })
  t:expect_task("referral_in_doubt"):decide("cancel")
end)
