// Alerts of one instance: whether a condition that the script tells of is told to people. A condition that somebody has
// settled is not told again before a new threshold is crossed. docs/TASKS.md says it for authors.
#include <algorithm>
#include <boost/json.hpp>

#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr Duration kBatch{15 * 60 * 1000};

void append_texts(std::vector<std::string>& into, const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return;
  if (value->is_string()) into.emplace_back(value->get_string());
  if (const json::array* const list = value->if_array()) {
    for (const json::value& each : *list) {
      if (each.is_string()) into.emplace_back(each.get_string());
    }
  }
}

// How many thresholds the level has crossed; 1 where there are none, since the condition itself is one.
std::uint32_t step_of(const json::object& said) {
  const json::value* const thresholds = said.if_contains("thresholds");
  const json::value* const level = said.if_contains("level");
  if (thresholds == nullptr || !thresholds->is_array() || level == nullptr || !level->is_number()) return 1;
  const double now = level->to_number<double>();
  const bool falling = flag_at(said, "falling");
  std::uint32_t step = 0;
  for (const json::value& each : thresholds->get_array()) {
    if (!each.is_number()) continue;
    const double threshold = each.to_number<double>();
    if (falling ? now <= threshold : now >= threshold) ++step;
  }
  return step;
}

// Suggestions come together, at the next full batch: the same moment for all that a person is shown.
Instant show_at(const json::object& said, AlertTier tier, Instant now) {
  if (tier != AlertTier::suggestion) return now;
  const auto every = parse_duration(text_at(said, "every"));
  const std::int64_t batch = every.ok() && every->ms > 0 ? every->ms : kBatch.ms;
  return Instant{(now.ms / batch + 1) * batch};
}

void read_candidates(AlertRecord& alert, const json::object& said) {
  alert.roles.clear();
  alert.subjects.clear();
  alert.units.clear();
  const json::value* const value = said.if_contains("candidates");
  if (value == nullptr || !value->is_object()) return;
  const json::object& candidates = value->get_object();
  append_texts(alert.roles, candidates, "role");
  append_texts(alert.roles, candidates, "roles");
  append_texts(alert.subjects, candidates, "person");
  append_texts(alert.subjects, candidates, "persons");
  append_texts(alert.units, candidates, "unit");
  append_texts(alert.units, candidates, "units");
}

void settle(AlertRecord& alert, AlertStatus status, Instant at) {
  alert.status = status;
  alert.settled_at = at;
  alert.settled_step = alert.step;
}

}  // namespace

void InstanceTurn::put_alert(AlertRecord after) {
  const auto found = core_.alerts.find(after.number);
  std::optional<Frozen<AlertRecord>> before;
  if (found != core_.alerts.end()) before = found->second;
  ++after.version;
  effect(Notify{"alert", alert_id_of(after), after.patient});
  core_.alerts[after.number] = after;
  change(PutAlert{std::move(before), std::move(after)});
}

void InstanceTurn::raise_alert(const AlertRaised& raised) {
  const auto parsed = parse_json_document(raised.alert);
  if (!parsed.ok() || !parsed->is_object()) return;
  const json::object& said = parsed->get_object();
  const std::string condition = text_at(said, "key");
  const auto known = std::find_if(core_.alerts.begin(), core_.alerts.end(), [&](const auto& item) {
    return item.second.name == raised.name && item.second.condition == condition;
  });
  const bool is_known = known != core_.alerts.end();
  if (flag_at(said, "clear")) {
    if (!is_known) return;
    AlertRecord alert = known->second;
    if (alert.open()) settle(alert, AlertStatus::cleared, at_);
    alert.step = alert.settled_step = 0;  // It may come back.
    return put_alert(std::move(alert));
  }
  const std::uint32_t step = step_of(said);
  if (step == 0) return;
  AlertRecord alert;
  if (is_known) {
    alert = known->second;
  } else {
    alert.number = core_.alerts.empty() ? 1 : core_.alerts.rbegin()->first + 1;
    alert.version = 0;
  }
  const bool tells = !is_known || step > (alert.open() ? alert.step : alert.settled_step);
  if (!tells) {
    ++alert.suppressed;
    return put_alert(std::move(alert));
  }
  alert.instance = core_.id;
  alert.name = raised.name;
  alert.condition = condition;
  alert.workflow = core_.record.workflow;
  alert.bundle = core_.state.bundle;
  alert.patient = core_.state.patient;
  alert.line = raised.line;
  alert.tier = alert_tier_of(text_at(said, "tier")).value_or(AlertTier::queued);
  alert.status = AlertStatus::open;
  alert.step = step;
  ++alert.fired;
  alert.raised_at = at_;
  alert.show_at = show_at(said, alert.tier, at_);
  alert.settled_at.reset();
  alert.settled_by.clear();
  alert.reason.clear();
  alert.reason_code.clear();
  alert.request = raised.alert;
  read_candidates(alert, said);
  AuditRecord record = audit_of(action::kAlertRaised, {PrincipalKind::script, core_.record.workflow, "", "", ""});
  record.object = alert_id_of(alert);
  record.rule = raised.name;
  record.line = raised.line;
  record.outcome = to_string(alert.tier);
  record.evidence = raised.alert;
  audit(std::move(record));
  put_alert(std::move(alert));
}

// The case is over: nobody has to see to its conditions any more.
void InstanceTurn::clear_alerts() {
  std::vector<AlertRecord> open;
  for (const auto& [number, alert] : core_.alerts) {
    if (alert.open()) open.push_back(alert);
  }
  for (AlertRecord& alert : open) {
    settle(alert, AlertStatus::cleared, at_);
    put_alert(std::move(alert));
  }
}

namespace verbs {

void handle(InstanceTurn& turn, ActOnAlert message) {
  if (!require_open(turn, message.reply_to)) return;
  const auto found = turn.core().alerts.find(message.number);
  if (found == turn.core().alerts.end()) {
    return turn.refuse(message.reply_to, {ErrorCode::not_found, "there is no such alert", "see GET /v1/alerts"});
  }
  AlertRecord alert = found->second;
  if (!alert.open()) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict,
                                          "the alert was " + std::string(to_string(alert.status)) + " by " +
                                              (alert.settled_by.empty() ? "its workflow" : alert.settled_by) + " at " +
                                              format_instant(alert.settled_at.value_or(alert.raised_at)),
                                          "look at the case again"});
  }
  const bool of_unit = alert.units.empty() || message.every_unit ||
                       std::any_of(alert.units.begin(), alert.units.end(), [&](const std::string& unit) {
                         return std::find(message.units.begin(), message.units.end(), unit) != message.units.end();
                       });
  const auto among = [](const std::vector<std::string>& list, const std::string& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  };
  const bool candidate = (alert.roles.empty() && alert.subjects.empty()) || among(alert.subjects, message.by.subject) ||
                         among(alert.roles, message.by.role);
  if (!candidate) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_permitted, "this alert is for others", "act in one of its roles"});
  }
  if (!of_unit && !among(alert.subjects, message.by.subject)) {
    return turn.refuse(message.reply_to, {ErrorCode::wrong_unit, "this alert belongs to another unit",
                                          "have somebody of that unit see to it"});
  }
  const bool dismisses = message.action == "dismiss";
  if (dismisses && message.reason.empty() && message.reason_code.empty()) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::bad_field, "say why the alert helps nobody", "give \"reason\" or \"reason_code\""});
  }
  settle(alert,
         dismisses                     ? AlertStatus::dismissed
         : message.action == "correct" ? AlertStatus::corrected
                                       : AlertStatus::acknowledged,
         turn.at());
  alert.settled_by = message.by.subject;
  alert.reason_code = message.reason_code;
  alert.reason = message.reason;
  turn.record(AlertChanged{message.number, std::string(to_string(alert.status)), message.reason_code, message.reason,
                           message.data, message.by});
  AuditRecord record = turn.audit_of(action::kAlertSettled, message.by);
  record.object = alert_id_of(alert);
  record.rule = alert.name;
  record.line = alert.line;
  record.outcome = to_string(alert.status);
  record.reason_code = message.reason_code;
  record.reason = message.reason;
  record.after = message.data;
  turn.audit(std::move(record));
  turn.put_alert(std::move(alert));
  JsonWriter writer;
  writer.begin_object().field("alert", alert_id_of(turn.core().alerts.at(message.number)));
  writer.field("status", to_string(turn.core().alerts.at(message.number).status)).end_object();
  turn.answer(message.reply_to, std::move(writer).take());
}

}  // namespace verbs
}  // namespace baton
