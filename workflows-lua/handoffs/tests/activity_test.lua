-- The activities: one hospital endpoint, set in the server's configuration.
local test = require "test"

local SETTINGS = { hospital = { endpoint = "https://integration.example.org/baton/", token = "secret" } }

test.case("a list is fetched from the configured address, with the key that makes it repeatable", function(t)
  local asked
  local list = t:activity("pharmacy.home_list", { patient = "P 1" }, {
    settings = SETTINGS,
    http = function(request)
      asked = request
      return { status = 200, headers = {}, body = '[{"code":"A1"}]' }
    end,
  })
  t:equal(list[1].code, "A1")
  t:equal(asked.url, "https://integration.example.org/baton/pharmacy/home-list/P%201")
  t:equal(asked.headers["authorization"], "Bearer secret")
  t:truthy(asked.headers["idempotency-key"])
end)

test.case("a notice is posted as JSON", function(t)
  local asked
  t:activity("notices.send", { id = "E1/discharge/facility/1" }, {
    settings = SETTINGS,
    http = function(request)
      asked = request
      return { status = 202, headers = {}, body = "" }
    end,
  })
  t:equal(asked.method, "POST")
  t:contains(asked.body, "E1/discharge/facility/1")
end)

test.case("without an address the activity says which setting is missing, and is not retried", function(t)
  t:fails(function() t:activity("notices.send", {}, { settings = {} }) end, "not_configured")
end)

test.case("a refusal fails with its status", function(t)
  t:fails(function()
    t:activity("notices.send", {}, { settings = SETTINGS, http = function() return { status = 422, headers = {}, body = "" } end })
  end, "http_422")
end)
