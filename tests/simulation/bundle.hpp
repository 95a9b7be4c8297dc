// What runs in the simulated hospital: short scripts that use everything that has to survive.
#pragma once

#include "runtime/script/program.hpp"

namespace baton::simulation {

inline BundleFiles bundle() {
  BundleFiles files;
  files["mappings/adt.lua"] = R"lua(
local mapping, hl7 = require "mapping", require "hl7"
local TYPES = { A01 = "encounter.admitted", A03 = "encounter.discharged", A08 = "encounter.updated", A40 = "patient.merged" }
return mapping.define { name = "adt", format = "hl7v2", map = function(message)
  local m = hl7.wrap(message)
  local event = { type = TYPES[m.trigger], occurred_at = m.sent, encounter = m:get("PV1-19"),
                  patient = { identifiers = m:identifiers("PID-3") } }
  if m.trigger == "A40" then event.merge = { identifiers = m:identifiers("MRG-1") } end
  return event
end }
)lua";
  // One for each encounter, whichever of its messages comes first.
  files["workflows/stay.lua"] = R"lua(
local workflow = require "workflow"
return workflow.define {
  name = "stay",
  on = { event = { "encounter.admitted", "encounter.discharged" }, key = "encounter" },
  search = { stage = "keyword" },
  run = function(ctx, input)
    ctx:set("stage", "admitted")
    local bed = ctx:activity("outside.tell", { what = "bed", encounter = input.encounter },
      { timeout = "2m", retry = { initial = "20s", cap = "5m", attempts = 6 } })
    local before = ctx:now()
    ctx:sleep("20m")
    if ctx:now() < before + 20 * 60 * 1000 then error("a sleep ended too early") end
    local done = ctx:all {
      review = function(s)
        return s:task("review", { why = "Somebody has to look", candidates = { role = "nurse" }, outcomes = { "yes", "no" },
          due = "1h", escalate = { { at = "due", to = "charge_nurse" }, { at = "2h", to = "supervisor" } } }).outcome
      end,
      left = function(s)
        if input.event.type == "encounter.discharged" then return "at once" end
        s:wait_event("encounter.discharged", { where = { encounter = input.encounter } })
        return "later"
      end,
    }
    ctx:set("stage", "left")
    local told = ctx:child("notice", { encounter = input.encounter })
    ctx:decide("closed", { outcome = done.review, reason = "the stay is over" })
    return { bed = bed, review = done.review, left = done.left, told = told }
  end,
}
)lua";
  files["workflows/notice.lua"] = R"lua(
local workflow = require "workflow"
return workflow.define { name = "notice", run = function(ctx, input)
  ctx:sleep("5m")
  return ctx:activity("outside.slow", { what = "notice", encounter = input.encounter },
    { timeout = "10m", heartbeat = "5m", retry = { initial = "1m", attempts = 5 } })
end }
)lua";
  // Started by people: asks somebody outside by a promise, and gives up waiting after a while.
  files["workflows/errand.lua"] = R"lua(
local workflow = require "workflow"
return workflow.define { name = "errand", run = function(ctx, input)
  local who, first = ctx:any {
    answer = function(s) return s:promise("answer"):wait() end,
    time = function(s) s:sleep("3h") return "nobody answered" end,
  }
  ctx:wait_signal("go", { timeout = "30m" })
  return { who = who, told = ctx:activity("outside.tell", { what = "errand" }, { retry = "persistent" }) }
end }
)lua";
  files["workflows/round.lua"] = R"lua(
local workflow = require "workflow"
return workflow.define { name = "round", run = function(ctx, input)
  ctx:sleep("7m")
  return ctx:activity("outside.tell", { what = "round" }, { retry = "persistent" })
end }
)lua";
  files["activities/outside.lua"] = R"lua(
local http = require "http"
local function tell(input, activity)
  if attempts then error { code = "leaked", message = "a global of another attempt", retryable = false } end
  attempts = activity.attempt
  local answer = http.post("http://outside/" .. input.what, input,
    { headers = { ["idempotency-key"] = activity.idempotency_key }, timeout = "1m" })
  if answer.status ~= 200 then error { code = "http_" .. answer.status, message = "not now" } end
  return activity.idempotency_key
end
return {
  tell = tell,
  slow = function(input, activity)
    local step = activity.last_heartbeat and activity.last_heartbeat.step or 0
    while step < 3 do
      activity:sleep("1m")
      step = step + 1
      activity:heartbeat { step = step }
    end
    return tell(input, activity)
  end,
}
)lua";
  return files;
}

}  // namespace baton::simulation
