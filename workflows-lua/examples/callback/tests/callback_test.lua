local test = require "test"

test.case("a nurse is asked after the wait, not before", function(t)
  t:crash_everywhere()
  local case = t:start("callback", { name = "Jane", wait = "2d" })
  t:expect_no_task("call_back")
  t:skip("2d")
  t:expect_task("call_back", { role = "nurse" }):decide("reached")
  t:equal(case:result(), { call = "reached" })
end)
