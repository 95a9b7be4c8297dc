#include "gateway/work/roster.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "actors/log.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

Instant time_field(JsonFields& fields, const char* name) {
  const auto text = fields.text(name);
  if (!text) {
    fields.refuse(name, "is missing", "give a time: 2026-03-02T07:00:00Z");
    return {};
  }
  const auto at = parse_instant(*text);
  if (at.ok()) return *at;
  fields.refuse(name, "is no time", "give one like 2026-03-02T07:00:00Z");
  return {};
}

std::string text_field(JsonFields& fields, const char* name) {
  auto text = fields.text(name);
  if (!text || text->empty() || text->size() > limits::kNameSize) {
    fields.refuse(name, "is missing, empty or too long", "give 1 to 200 bytes of text");
  }
  return text.value_or("");
}

Result<Shift> read_shift(const boost::json::value& value, const std::string& path) {
  if (!value.is_object())
    return Error{ErrorCode::bad_field, path + " is no object", "{\"person\",\"role\",\"shift\",\"from\",\"to\"}"};
  JsonFields fields(value.get_object(), path, ErrorCode::bad_field);
  Shift shift;
  shift.person = text_field(fields, "person");
  shift.role = fields.text("role").value_or("");
  shift.name = fields.text("shift").value_or("");
  shift.from = time_field(fields, "from");
  shift.to = time_field(fields, "to");
  if (fields.good() && shift.to <= shift.from) fields.refuse("to", "is not after from", "a shift ends after it begins");
  if (Status status = fields.finish(); !status) return status.error();
  return shift;
}

Result<boost::json::value> object_in(const JsonText& text) {
  auto document = parse_json_document(text);
  if (!document.ok()) return document.error();
  if (!document->is_object())
    return Error{ErrorCode::bad_field, "the body is JSON, but not an object", "send {...}; see /openapi.json"};
  return document;
}

}  // namespace

JsonText to_json(const Rota& rota) {
  JsonWriter writer;
  writer.begin_object().field("unit", rota.unit).field("version", std::int64_t{rota.version});
  writer.optional_field("changed_by", rota.changed_by).key("shifts").begin_array();
  for (const Shift& shift : rota.shifts) {
    writer.begin_object().field("person", shift.person).optional_field("role", shift.role);
    writer.optional_field("shift", shift.name).field("from", format_instant(shift.from));
    writer.field("to", format_instant(shift.to)).end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

JsonText to_json(const Cover& cover) {
  JsonWriter writer;
  writer.begin_object().optional_field("id", cover.id).field("person", cover.person).field("by", cover.by);
  writer.field("from", format_instant(cover.from)).field("to", format_instant(cover.to));
  writer.optional_field("reason", cover.reason).optional_field("entered_by", cover.entered_by).end_object();
  return std::move(writer).take();
}

Result<Rota> read_rota(const JsonText& text) {
  const auto document = object_in(text);
  if (!document.ok()) return document.error();
  JsonFields fields(document->get_object(), "", ErrorCode::bad_field);
  Rota rota;
  rota.unit = fields.text("unit").value_or("");
  rota.version = static_cast<std::uint32_t>(fields.integer("version", 0, UINT32_MAX).value_or(0));
  rota.changed_by = fields.text("changed_by").value_or("");
  const boost::json::value* const shifts = fields.value("shifts");
  if (shifts == nullptr || !shifts->is_array()) {
    fields.refuse("shifts", "is missing", "give a list of shifts; an empty one says that nobody is on duty");
  } else if (shifts->get_array().size() > limits::kRotaShifts) {
    fields.refuse("shifts", "has too many shifts", "give at most " + std::to_string(limits::kRotaShifts));
  } else {
    std::size_t number = 0;
    for (const boost::json::value& each : shifts->get_array()) {
      auto shift = read_shift(each, "shifts[" + std::to_string(number++) + "]");
      if (!shift.ok()) {
        fields.refuse(shift.error());
        break;
      }
      rota.shifts.push_back(*std::move(shift));
    }
  }
  if (Status status = fields.finish(); !status) return status.error();
  return rota;
}

Result<Cover> read_cover(const JsonText& text) {
  const auto document = object_in(text);
  if (!document.ok()) return document.error();
  JsonFields fields(document->get_object(), "", ErrorCode::bad_field);
  Cover cover;
  cover.id = fields.text("id").value_or("");
  cover.person = text_field(fields, "person");
  cover.by = text_field(fields, "by");
  cover.from = time_field(fields, "from");
  cover.to = time_field(fields, "to");
  cover.reason = fields.text("reason").value_or("");
  cover.entered_by = fields.text("entered_by").value_or("");
  if (fields.good() && cover.to <= cover.from) fields.refuse("to", "is not after from", "a cover ends after it begins");
  if (fields.good() && cover.by == cover.person) fields.refuse("by", "is the person who is away", "name somebody else");
  if (Status status = fields.finish(); !status) return status.error();
  return cover;
}

Status Roster::load() {
  const std::lock_guard lock(mutex_);
  const auto rotas = node_.reader().named_all("rotas");
  if (!rotas.ok()) return rotas.error();
  std::map<std::string, std::uint32_t> unread;  // By unit: the latest version that cannot be read.
  for (const auto& [key, text] : *rotas) {
    auto rota = read_rota(text);
    if (!rota.ok()) {
      log::error("rota {} cannot be read and is left out: {}: put it again", key, rota.error().detail);
      std::uint32_t version = 0;
      const std::size_t at = key.rfind('@');
      if (at != key.npos) std::from_chars(key.data() + at + 1, key.data() + key.size(), version);
      if (version > 0) unread[key.substr(0, at)] = std::max(unread[key.substr(0, at)], version);
      continue;
    }
    // The latest stands there twice: under its unit, and with its version like those before it, which are kept for whoever
    // asks who was on duty then.
    Rota& latest = rotas_[rota->unit];
    if (rota->version >= latest.version) latest = *std::move(rota);
  }
  // What it has replaced is not in force again, and its number is not given twice: nobody is on duty until it is put again.
  for (const auto& [unit, version] : unread) {
    Rota& latest = rotas_[unit];
    if (latest.version < version) latest = Rota{unit, version, {}, {}};
  }
  const auto covers = node_.reader().named_all("covers");
  if (!covers.ok()) return covers.error();
  for (const auto& [key, text] : *covers) {
    auto cover = read_cover(text);
    if (!cover.ok()) {
      log::error("cover {} cannot be read and is left out: {}: enter it again", key, cover.error().detail);
      continue;
    }
    covers_[key] = *std::move(cover);
  }
  return success();
}

std::vector<std::string> Roster::units() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> units;
  for (const auto& [unit, rota] : rotas_) units.push_back(unit);
  return units;
}

std::optional<Rota> Roster::rota(const std::string& unit) const {
  const std::lock_guard lock(mutex_);
  const auto found = rotas_.find(unit);
  return found == rotas_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Cover> Roster::covers() const {
  const std::lock_guard lock(mutex_);
  std::vector<Cover> all;
  for (const auto& [id, cover] : covers_) all.push_back(cover);
  return all;
}

std::optional<Cover> Roster::cover(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = covers_.find(id);
  return found == covers_.end() ? std::nullopt : std::optional(found->second);
}

void Roster::write(std::vector<PutNamed> changes, AuditRecord record, std::function<void()> undo, Written written,
                   Rider rider) {
  node_.submit(
      RecordAccess{std::move(changes), std::move(record)},
      [this, undo = std::move(undo), written = std::move(written)](const Result<JsonText>& answer) {
        if (answer.ok()) return written(success());
        {
          const std::lock_guard lock(mutex_);
          undo();
        }
        written(answer.error());
      },
      std::move(rider));
}

void Roster::put_rota(Rota rota, std::optional<std::uint32_t> expected, AuditRecord record, Answer put,
                      const Rider& rider) {
  const std::lock_guard order(order_);
  std::function<void()> undo;
  {
    const std::lock_guard lock(mutex_);
    const auto found = rotas_.find(rota.unit);
    const std::uint32_t now = found == rotas_.end() ? 0 : found->second.version;
    if (expected && *expected != now) {
      const std::string by = found == rotas_.end() ? "" : ", put by " + found->second.changed_by;
      return put(Error{ErrorCode::conflict, "the rota is at version " + std::to_string(now) + by,
                       "read it again, then put yours"});
    }
    rota.version = now + 1;
    if (found == rotas_.end()) {
      undo = [this, unit = rota.unit] { rotas_.erase(unit); };
    } else {
      undo = [this, before = found->second] { rotas_[before.unit] = before; };
    }
    rotas_[rota.unit] = rota;
  }
  const JsonText text = to_json(rota);
  write(
      {{"rotas", rota.unit, text}, {"rotas", rota.unit + "@" + std::to_string(rota.version), text}}, std::move(record),
      std::move(undo),
      [put = std::move(put), text](const Status& status) {
        put(status.ok() ? Result<JsonText>(text) : Result<JsonText>(status.error()));
      },
      rider ? [rider, text](const JsonText&) { return rider(text); } : Rider());
}

void Roster::put_cover(Cover cover, AuditRecord record, Written written, const Rider& rider) {
  const std::lock_guard order(order_);
  {
    const std::lock_guard lock(mutex_);
    if (covers_.contains(cover.id))
      return written(Error{ErrorCode::already_exists, "there is a cover '" + cover.id + "' already",
                           "give it another id, or none"});
    covers_[cover.id] = cover;
  }
  write(
      {{"covers", cover.id, to_json(cover)}}, std::move(record), [this, id = cover.id] { covers_.erase(id); },
      std::move(written), rider ? [rider, json = to_json(cover)](const JsonText&) { return rider(json); } : Rider());
}

void Roster::end_cover(const std::string& id, AuditRecord record, Written written) {
  const std::lock_guard order(order_);
  Cover before;
  {
    const std::lock_guard lock(mutex_);
    const auto found = covers_.find(id);
    if (found == covers_.end())
      return written(Error{ErrorCode::not_found, "there is no cover '" + id + "'", "see GET /v1/covers"});
    before = found->second;
    covers_.erase(found);
  }
  write(
      {{"covers", id, std::nullopt}}, std::move(record), [this, before] { covers_[before.id] = before; },
      std::move(written));
}

std::vector<Shift> Roster::on_duty(const std::string& unit, const std::string& role, Instant at) const {
  const std::lock_guard lock(mutex_);
  std::vector<Shift> found;
  for (const auto& [name, rota] : rotas_) {
    if (!unit.empty() && name != unit) continue;
    for (const Shift& shift : rota.shifts) {
      if ((role.empty() || shift.role == role) && shift.from <= at && at < shift.to) found.push_back(shift);
    }
  }
  return found;
}

std::string Roster::shift_of(const std::string& person, Instant at) const {
  for (const Shift& shift : on_duty("", "", at)) {
    if (shift.person == person) return shift.name;
  }
  return {};
}

std::vector<std::string> Roster::covered_by(const std::string& person, Instant at) const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> found;
  for (const auto& [id, cover] : covers_) {
    if (cover.by == person && cover.from <= at && at < cover.to) found.insert(cover.person);
  }
  return {found.begin(), found.end()};
}

bool Roster::is_away(const std::string& person, Instant at) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(covers_.begin(), covers_.end(), [&](const auto& item) {
    return item.second.person == person && item.second.from <= at && at < item.second.to;
  });
}

}  // namespace baton
