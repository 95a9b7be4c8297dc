-- A result that was not there when the patient left: it arrives, or somebody looks for it; and whatever may be wrong in it, a physician sees.
--
--   waiting -> review -> settled -> (a month later) ended
--      |         ^ ^        |
--      +-> chasing +--------+ corrected, or a further part came
--
-- A case of its own: so only these few hear of every result in the house, and the result belongs to the patient and not to the calls. It goes
-- on when those end. Whoever waits for it is told by the signal "result" when somebody asks ("watched_by") and once it is settled.
local workflow = require "workflow"
local begin = require "begin"
local json = require "json"
local policy = require "policy"
local results = require "results"
local tables = require "tables"
local times = require "times"
local ward = require "ward"

-- ---- who waits for it -----------------------------------------------------------------------------------------------------------

local function tell(ctx, case, watcher)
  ctx:signal(watcher, "result", { order = case.number, settled = case.settled })
end

local function answer_watchers(ctx, case)
  repeat
    local told = ctx:wait_signal("watched_by", { why = "The case of another stay may wait for this result as well" })
    local watcher = type(told) == "table" and type(told.instance) == "string" and told.instance  -- Anybody may send a signal.
    if watcher and not tables.contains(case.watchers, watcher) then table.insert(case.watchers, watcher) end
    if watcher then tell(ctx, case, watcher) end
  until false
end

-- ---- the states: each returns the next ------------------------------------------------------------------------------------------

local states = {}

-- Takes over what a message says of it; false when it says nothing new. What comes was done.
local function hear(case, event)
  local new = results.hear(case.heard, event)
  if new and case.found and case.found.never_done then case.found = nil end
  return new
end

-- What has come before this case began, as another one has kept it. True when it decides something.
local function catch_up(ctx, case, watch)
  if type(watch) ~= "string" then return end
  ctx:signal(watch, "asks", { instance = ctx.instance, order = case.number })
  local told = ctx:wait_signal("heard", { timeout = "1m", why = "The result may have come before anybody said that it is awaited" })
  local events = type(told) == "table" and type(told.events) == "table" and told.events or {}  -- Anybody may send a signal.
  for _, event in ipairs(events) do
    if type(event) == "table" and type(event.type) == "string" and type(event.data) == "table" then hear(case, event) end
  end
  if results.wants_eyes(case.heard) then return "review" end
  return results.complete(case.heard) and "settled" or nil
end

-- Waits for a message that decides something: "review" when somebody has to see it, "settled" when all is there and nobody has to, "waiting" when
-- a further part was told of after that. Nil when `until_` passed first.
local function decisive(ctx, case, until_)
  repeat
    local event = ctx:wait_event("result.*", { until_ = until_, why = case.name .. " is not there yet, or may be corrected", owner = "laboratory" })
    local new = event and hear(case, event)
    if new and results.wants_eyes(case.heard) then return "review" end
    if new and results.complete(case.heard) then return "settled" end
    if new and case.settled then return "waiting" end
  until not event
end

function states.waiting(ctx, case)
  ctx:set("stage", "waiting")
  case.settled = false
  return decisive(ctx, case, case.chase_at) or "chasing"
end

function states.chasing(ctx, case)
  ctx:set("stage", "chasing")
  local winner, found = ctx:race {
    heard = function(s) return decisive(s, case) end,
    person = function(s)
      return s:task("chase_result", {
        why = ("%s was pending at discharge and has not come"):format(case.name),
        form = "chase_result",
        data = { order = case.order },
        candidates = ward.people(case.ward, { role = "nurse" }),
        outcomes = { "normal", "abnormal", "never_done" },
        due = s:business(policy.results.review_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "charge_nurse" } },
      })
    end,
  }
  if winner == "heard" then return found end
  if found.outcome == "normal" then return "settled" end
  case.found = { told_by = found.by, value = found.value, never_done = found.outcome == "never_done" or nil }
  return "review"
end

-- One sentence for the physician: the gravest of what there is to say.
local function why(case, shown)
  local words
  if shown.critical then
    words = shown.preliminary and "is critical, though preliminary" or "came after the patient had left, and it is critical"
  elseif shown.withdrawn then
    words = "was taken back by the laboratory: what was done upon it may be wrong"
  elseif shown.corrected then
    words = "was corrected after it had been told: what was done upon it may be wrong"
  elseif case.found and case.found.never_done then
    words = "was never done: there will be no result"
  elseif shown.abnormal or case.found then
    words = "came after the patient had left, and it is abnormal"
  elseif shown.narrative or shown.without_values then
    words = "came after the patient had left, and no flag says whether it is normal: somebody has to read it"
  elseif shown.cancelled then
    words = "was cancelled by the laboratory: there will be no result"
  else
    words = "was replaced by one that is not abnormal: what was told before is no longer true"
  end
  return case.name .. " " .. words
end

-- Waits until there is something else to show than `shown`.
local function newer(ctx, case, shown)
  local before = json.encode(shown)
  repeat
    local event = ctx:wait_event("result.*", { why = "A newer value would be asked about instead" })
  until hear(case, event) and json.encode(results.summary(case.heard)) ~= before
end

-- A physician sees it. When a newer value comes meanwhile, the question is asked anew with that.
function states.review(ctx, case)
  ctx:set("stage", "review")
  local shown = results.summary(case.heard)
  local winner, review = ctx:race {
    newer = function(s) newer(s, case, shown) end,
    person = function(s)
      return s:task("review_result", {
        why = why(case, shown),
        form = "review_result",
        data = { order = case.order, result = tables.merge(shown, case.found) },
        candidates = ward.people(case.ward, { role = "physician" }),
        outcomes = { "patient_informed", "next_carer_informed", "no_action_needed" },
        priority = shown.critical and "urgent" or "high",
        due = shown.critical and "1h" or s:business(policy.results.review_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "attending" } },
      })
    end,
  }
  if winner == "newer" then return "review" end
  ctx:decide("result_handled", { outcome = review.outcome, reason = review.reason, evidence = { order = case.number, by = review.by } })
  results.mark_seen(case.heard)
  case.reviewed = true
  return (case.found or results.complete(case.heard)) and "settled" or "waiting"
end

-- Nobody waits any more. What the laboratory corrects within a month is heard all the same.
function states.settled(ctx, case)
  ctx:set("stage", "closed")
  if not case.settled then
    case.settled = true
    case.listen_until = case.listen_until or ctx:now() + times.days(policy.results.corrections_days)
    for _, watcher in ipairs(case.watchers) do tell(ctx, case, watcher) end
  end
  local next = decisive(ctx, case, case.listen_until) or "ended"
  if next == "waiting" then case.chase_at = math.max(case.chase_at, ctx:now() + times.days(policy.results.chase_after_days)) end
  return next
end

return workflow.define {
  name = "pending_result",
  title = "Result pending at discharge",
  listen = { "result.*" },
  search = {
    stage = "keyword",  -- waiting, chasing, review; closed: settled, and a correction is heard
    order = "keyword",
    encounter = "keyword",
    ward = "keyword",
  },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, ["order.order"] = "string", chase_at = "number" })
    local order = input.order
    local case = {
      number = order.order,
      order = order,
      name = type(order.name) == "string" and order.name or order.order,
      ward = input.ward,
      chase_at = input.chase_at,
      heard = results.of(order.order),
      watchers = {},     -- Instances that wait for it.
      settled = false,
      found = nil,       -- What somebody has found who looked for it.
      reviewed = false,
    }
    ctx:set("order", order.order)
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)
    ctx:race {
      course = function(s)
        local state = catch_up(s, case, input.watch) or "waiting"
        repeat state = states[state](s, case) until state == "ended"
      end,
      watchers = function(s) answer_watchers(s, case) end,
    }
    return { order = order.order, arrived = #case.heard.parts > 0, reviewed = case.reviewed }
  end,
}
