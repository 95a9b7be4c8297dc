#include "persistence/sql/rota_shifts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"

namespace baton::sql {
namespace {

namespace json = boost::json;

}  // namespace

Result<RotaShifts> RotaShifts::load(const StoreReader& reader) {
  const auto rows = reader.named_all("rotas");
  if (!rows.ok()) return rows.error();
  std::map<std::string, std::map<std::int64_t, json::object>> versions;
  for (const auto& [key, text] : *rows) {
    const auto parsed = parse_json_document(text);
    if (!parsed.ok() || !parsed->is_object()) continue;
    const json::object& rota = parsed->get_object();
    const json::value* const version = rota.if_contains("version");
    if (version == nullptr || !version->is_int64() || rota.if_contains("shifts") == nullptr) continue;
    versions[text_at(rota, "unit")][version->get_int64()] = rota;
  }
  RotaShifts found;
  for (const auto& [unit, rotas] : versions) {
    std::vector<Shift>& shifts = found.by_unit_[unit];
    std::optional<Instant> known_from;  // From here on a later version has said it.
    for (auto rota = rotas.rbegin(); rota != rotas.rend(); ++rota) {
      const json::value& list = rota->second.at("shifts");
      const std::optional<Instant> until = known_from;
      for (const json::value& each : list.is_array() ? list.get_array() : json::array()) {
        if (!each.is_object()) continue;
        const auto from = parse_instant(text_at(each.get_object(), "from"));
        const auto to = parse_instant(text_at(each.get_object(), "to"));
        if (!from.ok() || !to.ok() || (until && *from >= *until)) continue;
        shifts.push_back({text_at(each.get_object(), "person"), text_at(each.get_object(), "shift"), *from,
                          until ? std::min(*to, *until) : *to});
        known_from = known_from ? std::min(*known_from, *from) : *from;
      }
    }
  }
  return found;
}

std::string RotaShifts::name_at(const std::string& unit, const std::string& person, Instant at) const {
  const auto found = by_unit_.find(unit);
  if (found == by_unit_.end()) return {};
  const Shift* best = nullptr;
  for (const Shift& shift : found->second) {
    if (at < shift.from || shift.to <= at || shift.name.empty()) continue;
    if (shift.person == person) return shift.name;
    if (best == nullptr || best->from < shift.from) best = &shift;
  }
  return best == nullptr ? std::string() : best->name;
}

}  // namespace baton::sql
