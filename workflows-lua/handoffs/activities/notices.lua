-- Telling the next carers. The hospital's integration knows who is behind "primary_care" and how they want to be told (Direct, FHIR,
-- fax); here a notice is what it says and an id.
local hospital = require "hospital"

return {
  -- { id, instance, kind, recipient, patient, encounter, .. } -> { acknowledged }. Whoever acknowledges later signals the instance.
  send = function(notice, activity)
    return hospital.post(activity, "/notices", notice)
  end,

  remind = function(notice, activity)
    return hospital.post(activity, "/notices/reminders", notice)
  end,

  -- Takes back what was said before: { id, of, kind, recipient, reason, .. } -> { acknowledged }
  correct = function(notice, activity)
    return hospital.post(activity, "/notices/corrections", notice)
  end,
}
