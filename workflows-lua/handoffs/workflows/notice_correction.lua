-- A notice turned out to be wrong: whoever got it is told, and it is not over before they know.
local workflow = require "workflow"
local begin = require "begin"
local outside = require "outside"
local policy = require "policy"
local ward = require "ward"

return workflow.define {
  name = "notice_correction",
  title = "Correction of a notice",
  listen = { "none" },  -- It waits for a signal or a person only.
  search = { stage = "keyword", recipient = "keyword", encounter = "keyword", ward = "keyword" },

  run = function(ctx, input)
    begin.needs(ctx, input, { ["notice.id"] = "string", ["notice.kind"] = "string", ["notice.recipient"] = "string", reason = "string" })
    local notice = input.notice
    ctx:set("recipient", notice.recipient)
    ctx:set("encounter", input.encounter)
    ctx:set("ward", input.ward)

    ctx:set("stage", "correcting")
    local receipt = outside.receipt(outside.ask(ctx, "notices.correct", {
      id = notice.id .. "/correction", of = notice.id, kind = notice.kind, recipient = notice.recipient,
      instance = ctx.instance, acknowledge_by_signal = "acknowledged",
      patient = ctx.patient, encounter = input.encounter, reason = input.reason,
    }))
    local known = receipt
      and (receipt.acknowledged == true or ctx:wait_signal("acknowledged", {
        timeout = policy.notices.reminders[1], why = "Who was told has to acknowledge the correction",
      }))

    if not known then
      ctx:set("stage", "calling")
      ctx:task("call_about_correction", {
        why = ("The %s of which %s was told is no longer true: %s"):format(notice.kind, notice.recipient:gsub("_", " "), input.reason),
        form = "call_recipient",
        data = { notice = notice.id, reason = input.reason, recipient = notice.recipient, encounter = input.encounter, primary_care = input.primary_care },
        candidates = ward.people(input.ward, { role = "unit_clerk" }),
        outcomes = { "told", "unreachable" },
        priority = "high",
        due = ctx:business(policy.notices.call_within, { calendar = policy.calendar }),
        escalate = { { at = "due", to = "charge_nurse" } },
      })
    end
    ctx:set("stage", "closed")
    return { corrected = notice.id }
  end,
}
