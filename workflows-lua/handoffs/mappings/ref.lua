-- HL7 v2 REF and RRI: a referral between two providers (HL7 v2.5.1, chapter 11). REF goes to whom the patient is referred, RRI comes back.
local mapping = require "mapping"
local clinical = require "clinical"

local TRIGGERS = {
  REF = { I12 = "referral.requested", I13 = "referral.updated", I14 = "referral.cancelled", I15 = "referral.status_requested" },
  RRI = { I12 = "referral.answered", I13 = "referral.answered", I14 = "referral.answered", I15 = "referral.answered" },
}

-- RF1-1, HL7 table 0283.
local STATUS = { A = "accepted", P = "pending", R = "declined", E = "expired" }
-- RF1-2, HL7 table 0280.
local PRIORITY = { S = "urgent", A = "high", R = "normal" }

local ROLES = { RP = "referrer", RT = "recipient", PP = "primary_care", CP = "consultant" }  -- PRD-1, HL7 table 0286

local function providers(m)
  local found = {}
  for _, segment in ipairs(m:segments("PRD")) do
    local role = ROLES[segment:get("1.1") or ""]
    if role and not found[role] then
      found[role] = { id = segment:get("7.1"), family = segment:get("2.1"), given = segment:get("2.2"), facility = segment:get("10.1") }
    end
  end
  return found
end

return mapping.define {
  name = "referrals",
  format = "hl7v2",
  types = { "REF", "RRI" },

  map = clinical.reader(function(m)
    local type = TRIGGERS[m.type] and TRIGGERS[m.type][m.trigger or ""]
    if not type then return nil, m.type .. "^" .. tostring(m.trigger) .. " is no referral message" end
    local data = {
      referral = m:get("RF1-6.1") or m:get("RF1-11.1"),
      status = STATUS[m:get("RF1-1.1") or ""],
      priority = PRIORITY[m:get("RF1-2.1") or ""],
      specialty = m:get("RF1-3.2") or m:get("RF1-3.1"),
      reason = m:get("RF1-10.2") or m:get("RF1-10.1"),
      service = m:get("OBR-4.2") or m:get("OBR-4.1"),
      providers = providers(m),
      effective_at = m:time("RF1-7"),
      expires_at = m:time("RF1-8"),
      sent_at = m.sent,
    }
    if not data.referral then return nil, "the referral has no number (RF1-6 and RF1-11 are empty)", "RF1-6" end
    return clinical.event(m, type, clinical.occurred_at(m), data)
  end),
}
