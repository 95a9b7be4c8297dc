-- The other side of a referral. The hospital's integration turns these into REF messages, FHIR Tasks, or a fax.
local hospital = require "hospital"

return {
  -- { referral, instance, patient, order } -> { acknowledged }
  send = function(input, activity) return hospital.post(activity, "/referrals", input) end,
  remind = function(input, activity) return hospital.post(activity, "/referrals/reminders", input) end,
  -- { referral, reason }
  cancel = function(input, activity) return hospital.post(activity, "/referrals/cancellations", input) end,
  -- { referral, received }: the other side learns that its report was read.
  close = function(input, activity) return hospital.post(activity, "/referrals/closings", input) end,
}
