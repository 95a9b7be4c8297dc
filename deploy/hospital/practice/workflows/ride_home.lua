-- A ride home for somebody who may leave: the ward says what is needed, the transport desk books it. Here for whoever looks at the console for
-- the first time: a form with conditions, an alert, a decision by the script that a person can override, and a desk that does not always answer.
local workflow = require "workflow"

-- Potassium (mmol/l) from which on somebody has to look before the patient leaves, and each step at which it is told again.
local POTASSIUM = { 5.5, 6.0, 6.5 }

local function watch_potassium(ctx, input)
  if type(input.potassium) ~= "number" then return end
  ctx:alert("potassium", {
    tier = input.potassium >= POTASSIUM[2] and "interruption" or "queued",
    key = input.encounter, level = input.potassium, thresholds = POTASSIUM,
    why = ("Potassium is %.1f, and a ride home is asked for: look before the patient leaves"):format(input.potassium),
    candidates = { roles = { "nurse", "physician" }, unit = input.ward },
  })
end

local function ask_the_ward(ctx, input)
  return ctx:task("ride_needs", {
    title = "Ride home",
    why = "The patient may leave today. The transport desk needs to know what kind of ride it has to be.",
    form = "ride_home",
    data = { leaves = input.leaves, lives = input.lives, walks = input.walks },
    candidates = { role = "nurse", unit = input.ward },
    outcomes = {
      { name = "book", title = "Book a ride" },
      { name = "not_needed", title = "No ride needed", form = false, reason_codes = { { code = "own_car", title = "Own car" }, { code = "family", title = "The family comes" }, { code = "stays", title = "Stays after all" } } },
    },
    due = "3h",
    escalate = { { at = "due", to = "charge_nurse" } },
  })
end

return workflow.define {
  name = "ride_home",
  search = { ward = "keyword", stage = "keyword" },

  run = function(ctx, input)
    ctx:set("ward", input.ward)
    ctx:set("stage", "asked_for")
    watch_potassium(ctx, input)

    -- Where the ward has said it on the telephone, nobody is asked.
    local needs = input.needs and { outcome = "book", value = input.needs } or ask_the_ward(ctx, input)
    if needs.outcome == "not_needed" then return { ride = "none", why = needs.reason_code } end

    local lying = needs.value.position == "lying"
    local ride = ctx:decide("kind_of_ride", {
      outcome = (lying or needs.value.oxygen) and "ambulance" or "taxi",
      reason = lying and "has to lie" or needs.value.oxygen and "needs oxygen on the way" or "can sit, and needs nothing on the way",
      evidence = needs.value,
    })
    ctx:set("stage", "booking")
    local booked = ctx:activity("desk.book", { kind = ride.outcome, to = input.lives, at = needs.value.at }, { retry = "none" })
    ctx:set("stage", "booked")
    ctx:wait_signal("picked_up", { timeout = "8h" })
    return { ride = ride.outcome, booking = booked.number }
  end,
}
