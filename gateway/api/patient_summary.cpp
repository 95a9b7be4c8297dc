#include "gateway/api/patient_summary.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <set>
#include <vector>

#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/record_json.hpp"

namespace baton {
namespace {

constexpr std::size_t kRecent = 8;
// An order waits for its result until one of these comes.
constexpr std::array<std::string_view, 3> kSettled = {"result.final", "result.corrected", "result.cancelled"};
constexpr std::array<std::string_view, 4> kWaiting = {"result.ordered", "result.pending", "result.preliminary",
                                                      "result.partial"};

// Folds a timeline, newest event first. docs/EVENTS.md has what `data` holds.
class Summary {
 public:
  void add(const EventRecord& event) {
    if (recent_.size() < kRecent) recent_.push_back(event);
    const auto parsed = parse_json_document(event.event);
    if (!parsed || !parsed->is_object()) return;
    const auto* data = parsed->get_object().if_contains("data");
    if (data == nullptr || !data->is_object()) return;
    if (!allergies_whole_) add_allergies(event, data->get_object());
    if (event.type.starts_with("result.")) add_order(event, data->get_object());
  }

  void write(JsonWriter& writer) const {
    if (!allergies_from_.id.empty()) {
      writer.key("allergies").begin_object().key("items").begin_array();
      for (const std::string& item : allergies_) writer.value(item);
      writer.end_array().field("as_of", format_instant(allergies_from_.occurred_at));
      writer.field("source", allergies_from_.source).field("event", allergies_from_.id).end_object();
    }
    writer.key("pending_orders").begin_array();
    for (const std::string& order : orders_) writer.value(order);
    writer.end_array().key("recent").begin_array();
    for (const EventRecord& event : recent_) {
      writer.begin_object().field("id", event.id).field("type", event.type);
      writer.field("occurred_at", format_instant(event.occurred_at)).field("source", event.source).end_object();
    }
    writer.end_array();
  }

 private:
  // A message either lists all allergies, or says what has changed since: then what it names counts, and older ones count
  // for the rest.
  void add_allergies(const EventRecord& event, const boost::json::object& data) {
    const auto* list = data.if_contains("allergies");
    if (list == nullptr || !list->is_array()) return;
    if (allergies_from_.id.empty()) allergies_from_ = event;
    for (const auto& item : list->get_array()) {
      if (!item.is_object()) continue;
      std::string code = text_at(item.get_object(), "code");
      if (code.empty()) code = text_at(item.get_object(), "name");
      if (!allergy_codes_.insert(code).second) continue;
      if (text_at(item.get_object(), "change") != "removed") allergies_.push_back(boost::json::serialize(item));
    }
    allergies_whole_ = text_at(data, "allergies_are") != "changes";
  }

  void add_order(const EventRecord& event, const boost::json::object& data) {
    const std::string order = text_at(data, "order");
    if (order.empty() || !order_numbers_.insert(order).second) return;  // Something newer was said of it.
    if (std::ranges::find(kSettled, event.type) != kSettled.end()) return;
    if (std::ranges::find(kWaiting, event.type) == kWaiting.end()) return;
    JsonWriter writer;
    writer.begin_object().field("order", order).optional_field("name", text_at(data, "name"));
    writer.field("status", event.type.substr(event.type.find('.') + 1));
    writer.field("since", format_instant(event.occurred_at)).field("source", event.source).end_object();
    orders_.push_back(std::move(writer).take());
  }

  std::vector<EventRecord> recent_;
  EventRecord allergies_from_;  // The newest event that spoke of them; without an id there is none.
  std::vector<std::string> allergies_;
  std::set<std::string> allergy_codes_;
  bool allergies_whole_ = false;
  std::vector<std::string> orders_;
  std::set<std::string> order_numbers_;
};

}  // namespace

Result<JsonText> patient_summary_json(const StoreReader& reader, std::string_view patient) {
  const StoreReader at = reader.snapshot();
  const auto record = at.known_patient(patient);
  if (!record) return record.error();
  if (!*record) return Error{ErrorCode::not_found, "there is no patient with this id", "ids are Baton's own"};
  const auto events = at.timeline(patient, "", kSummaryEvents);
  if (!events) return events.error();
  Summary summary;
  for (const EventRecord& event : events->items) summary.add(event);

  JsonWriter writer;
  writer.begin_object().key("identity").begin_object();
  writer.field("how", "identifier").field("identifiers", static_cast<std::int64_t>((*record)->identifiers.size()));
  writer.field("joined", static_cast<std::int64_t>((*record)->merged_from.size())).end_object();
  summary.write(writer);
  writer.field("events", static_cast<std::int64_t>((*record)->events));
  writer.field("looked_back", static_cast<std::int64_t>(events->items.size())).end_object();
  return std::move(writer).take();
}

}  // namespace baton
