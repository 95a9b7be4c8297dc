-- People replace the outcomes of a rule more often than its workflow allows: whoever owns the rule is asked what that means. Baton
-- starts it, one case for each rule and window; docs/TASKS.md says when.
local workflow = require "workflow"
local begin = require "begin"
local policy = require "policy"

return workflow.define {
  name = "rule_drift",
  title = "A rule that people replace",
  search = { rule = "keyword", of = "keyword", outcome = "keyword" },

  run = function(ctx, input)
    begin.needs(ctx, input, { rule = "string", workflow = "string", from = "string", overrides = "number", decisions = "number" })
    ctx:set("rule", input.rule)
    ctx:set("of", input.workflow)
    local answer = ctx:task("rule_drift", {
      why = ("People replaced %d of %d outcomes of '%s' in %s since %s: is the rule still right?"):format(
        input.overrides, math.max(input.overrides, input.decisions), input.rule, input.workflow, input.from),
      data = input,
      candidates = { role = input.owner or "case_manager" },
      outcomes = {
        { name = "rule_is_right", title = "The rule is right", reason_required = true },
        { name = "change_rule", title = "The rule is to be changed", reason_required = true },
      },
      due = ctx:business("2d", { calendar = policy.calendar }),
      escalate = { { at = "due", to = "case_manager" } },
    })
    ctx:set("outcome", answer.outcome)
    ctx:decide("rule_drift", { outcome = answer.outcome, reason = answer.reason, evidence = { by = answer.by, rule = input.rule } })
    return answer.outcome
  end,
}
