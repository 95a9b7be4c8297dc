#include "gateway/auth/people_rows.hpp"

#include <algorithm>

#include "runtime/base/json_text.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

// Earlier versions cut long names by bytes: what is left of a letter is left out, or the server could not start.
std::string whole_letters(std::string_view row) {
  std::string whole;
  while (!row.empty()) {
    std::size_t size = 1;
    while (size < std::min<std::size_t>(4, row.size()) && !is_valid_utf8(row.substr(0, size))) ++size;
    const std::string_view letter = row.substr(0, size);
    const bool good = is_valid_utf8(letter);
    if (good) whole += letter;
    row.remove_prefix(good ? size : 1);
  }
  return whole;
}

// Reads a row; a field that an older Baton did not know is absent, one that a newer added is an error of the version.
class RowReader {
 public:
  explicit RowReader(std::string_view row)
      : document_(parse_json_document(is_valid_utf8(row) ? std::string(row) : whole_letters(row))) {
    static const boost::json::object kNone;
    const bool object = document_.ok() && document_->is_object();
    fields_.emplace(object ? document_->as_object() : kNone, "", ErrorCode::store_corrupt);
    if (!object) fields_->refuse("", "is no JSON object", "restore the store");
  }
  std::string text(std::string_view name) { return fields_->text(name).value_or(""); }
  std::vector<std::string> texts(std::string_view name) {
    return fields_->texts(name).value_or(std::vector<std::string>());
  }
  bool flag(std::string_view name) { return fields_->boolean(name).value_or(false); }
  std::optional<Instant> optional_time(std::string_view name) {
    const auto text = fields_->text(name);
    if (!text) return std::nullopt;
    const auto at = parse_instant(*text);
    if (at) return *at;
    fields_->refuse(at.error());
    return std::nullopt;
  }
  Instant time(std::string_view name) { return optional_time(name).value_or(Instant{}); }
  Status finish() { return fields_->finish(); }

 private:
  Result<boost::json::value> document_;
  std::optional<JsonFields> fields_;
};

template <typename Row>
Result<Row> finished(RowReader& reader, Row row) {
  if (Status status = reader.finish(); !status) return status.error();
  return row;
}

}  // namespace

std::string encode(const LocalUser& row) {
  JsonWriter writer;
  writer.begin_object().field("name", row.name);
  write_texts(writer, "roles", row.roles);
  write_texts(writer, "units", row.units);
  writer.field("password", row.password).flag("disabled", row.disabled);
  writer.field("created_at", format_instant(row.created_at));
  if (row.expires_at) writer.field("expires_at", format_instant(*row.expires_at));
  writer.end_object();
  return std::move(writer).take();
}

std::string encode(const Session& row) {
  JsonWriter writer;
  writer.begin_object().field("subject", row.subject).field("name", row.name).field("how", row.how);
  write_texts(writer, "roles", row.roles);
  write_texts(writer, "units", row.units);
  writer.field("created_at", format_instant(row.created_at)).field("expires_at", format_instant(row.expires_at));
  writer.field("authenticated_at", format_instant(row.authenticated_at)).end_object();
  return std::move(writer).take();
}

std::string encode(const ServiceKey& row) {
  JsonWriter writer;
  writer.begin_object().field("name", row.name);
  write_texts(writer, "roles", row.roles);
  writer.optional_field("hash", row.hash).optional_field("certificate", row.certificate);
  writer.field("created_at", format_instant(row.created_at));
  if (row.expires_at) writer.field("expires_at", format_instant(*row.expires_at));
  writer.flag("revoked", row.revoked).end_object();
  return std::move(writer).take();
}

std::string encode(const FirstLink& row) {
  JsonWriter writer;
  writer.begin_object().field("expires_at", format_instant(row.expires_at)).end_object();
  return std::move(writer).take();
}

Result<LocalUser> decode_user(std::string_view id, std::string_view text) {
  RowReader reader(text);
  LocalUser row;
  row.id = id;
  row.name = reader.text("name");
  row.roles = reader.texts("roles");
  row.units = reader.texts("units");
  row.password = reader.text("password");
  row.disabled = reader.flag("disabled");
  row.created_at = reader.time("created_at");
  row.expires_at = reader.optional_time("expires_at");
  return finished(reader, std::move(row));
}

Result<Session> decode_session(std::string_view id, std::string_view text) {
  RowReader reader(text);
  Session row;
  row.id = id;
  row.subject = reader.text("subject");
  row.name = reader.text("name");
  row.how = reader.text("how");
  row.roles = reader.texts("roles");
  row.units = reader.texts("units");
  row.created_at = reader.time("created_at");
  row.expires_at = reader.time("expires_at");
  row.authenticated_at = reader.time("authenticated_at");
  return finished(reader, std::move(row));
}

Result<ServiceKey> decode_key(std::string_view id, std::string_view text) {
  RowReader reader(text);
  ServiceKey row;
  row.id = id;
  row.name = reader.text("name");
  row.roles = reader.texts("roles");
  row.hash = reader.text("hash");
  row.certificate = reader.text("certificate");
  row.created_at = reader.time("created_at");
  row.expires_at = reader.optional_time("expires_at");
  row.revoked = reader.flag("revoked");
  return finished(reader, std::move(row));
}

Result<FirstLink> decode_link(std::string_view id, std::string_view text) {
  RowReader reader(text);
  FirstLink row;
  row.id = id;
  row.expires_at = reader.time("expires_at");
  return finished(reader, std::move(row));
}

}  // namespace baton
