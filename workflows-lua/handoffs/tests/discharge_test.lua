local test = require "test"
test.case("an admission opens a case", function(t)
  t:mock("pharmacy.home_list", {}) t:mock("ehr.active_orders", {}) t:mock("notices.send",{acknowledged=true})
  t:event{type="encounter.admitted",encounter="E1",data={ward="MED"}}
  local c=t:instance("discharge","E1")
  t:equal(c:attribute("stage"),"in_hospital")
  t:expect_task("readiness_checklist",{role="nurse"})
end)
