-- Something worried the patient on the telephone: a nurse sees to it. A case of its own, for the worry is the patient's and not of the calls:
-- it stays when those end, because the patient comes back or the destination is corrected.
local workflow = require "workflow"
local begin = require "begin"
local life = require "life"
local policy = require "policy"
local ward = require "ward"

-- Waits for a message that says another thing than before of whether the patient lives; nil when `until_` passed first.
local function wait_for_news(ctx, known, until_)
  repeat
    local event = ctx:wait_event(life.EVENTS, { until_ = until_, why = "Nobody is to be called of whom it is told that she has died" })
  until not event or life.hear(known, event)
end

local function see_to_it(ctx, input)
  return ctx:task("clinical_concern", {
    why = "The patient was reached and reports: " .. input.concern,
    form = "clinical_concern",
    data = { call = input.call },
    candidates = ward.people(input.ward, { role = "nurse" }),
    outcomes = { "advised", "visit_today", "emergency" },
    priority = "urgent",
    due = "2h",
    escalate = { { at = "due", to = "physician" } },
  })
end

return workflow.define {
  name = "clinical_concern",
  title = "What worries a patient at home",
  listen = life.EVENTS,
  search = {
    stage = "keyword",    -- open, died, closed
    outcome = "keyword",  -- advised, visit_today, emergency, died
    encounter = "keyword",
    ward = "keyword",
  },

  run = function(ctx, input)
    begin.needs(ctx, input, { patient = true, concern = "string" })
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)
    local known, answer = life.unknown(), nil
    repeat
      ctx:set("stage", "open")
      local winner, found = ctx:race {
        died = function(s) wait_for_news(s, known) end,
        person = function(s) return see_to_it(s, input) end,
      }
      answer = winner == "person" and found or nil
      if known.died and not answer then  -- Nobody calls there. It may have been told by mistake.
        ctx:set("stage", "died")
        wait_for_news(ctx, known, ctx:parse_time(policy.death_correction_window))
      end
    until answer or known.died
    ctx:set("outcome", answer and answer.outcome or "died")
    ctx:set("stage", "closed")
    return { outcome = ctx:get("outcome") }
  end,
}
