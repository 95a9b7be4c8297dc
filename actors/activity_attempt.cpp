#include "actors/activity_attempt.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <map>

#include "actors/node.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {

namespace {

// The end of the JSON value that begins at `at`. Precondition: `text` is valid JSON, as everything in the journal is.
std::size_t skip_value(std::string_view text, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth-- == 0) return at;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

// The text of a member of a compact JSON object, or empty. An input may be large, so it is cut out rather than parsed
// and written again.
std::string_view member(std::string_view object, std::string_view name) {
  std::size_t at = 1;
  while (at < object.size() && object[at] == '"') {
    const std::size_t close = object.find('"', at + 1);
    if (close == object.npos) return {};
    const std::string_view key = object.substr(at + 1, close - at - 1);
    const std::size_t begin = close + 2;
    const std::size_t end = skip_value(object, begin);
    if (key == name) return object.substr(begin, end - begin);
    at = end + 1;
  }
  return {};
}

Status read_options(std::string_view options, ActivityRequest& request) {
  auto parsed = parse_json_document(options);
  if (!parsed.ok()) return parsed.error();
  const auto* object = parsed->if_object();
  if (object == nullptr) return success();
  // Only the time-outs are for the pool; the engine has read the rest.
  boost::json::object mine;
  for (const auto name : {"timeout", "queue_timeout", "heartbeat"}) {
    if (const auto* value = object->if_contains(name)) mine[name] = *value;
  }
  JsonFields fields(mine, "options", ErrorCode::bad_field);
  request.timeout = fields.duration("timeout");
  request.queue_timeout = fields.duration("queue_timeout");
  request.heartbeat = fields.duration("heartbeat");
  return fields.finish();
}

}  // namespace

Result<ActivityRequest> read_activity_request(const JsonText& request) {
  ActivityRequest read;
  read.input = std::string(member(request, "input"));
  const std::string_view options = member(request, "options");
  if (options.empty() || options == "null" || options == "{}" || options == "[]") return read;
  const Status status = read_options(options, read);
  if (!status.ok()) return status.error();
  return read;
}

std::optional<Duration> queue_timeout_of(const JsonText& request) {
  if (request.find("\"queue_timeout\"") == JsonText::npos) return std::nullopt;
  const auto read = read_activity_request(request);
  return read.ok() ? read->queue_timeout : std::nullopt;
}

JsonText http_answer_json(const HttpAnswer& answer) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : answer.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string& joined = headers[lower];
    joined += joined.empty() ? value : ", " + value;
  }
  JsonWriter writer;
  writer.begin_object().field("status", std::int64_t{answer.status}).key("headers").begin_object();
  for (const auto& [name, value] : headers) {
    if (is_valid_utf8(value)) writer.field(name, value);
  }
  writer.end_object();
  if (is_valid_utf8(answer.body)) {
    writer.field("body", answer.body);
  } else {
    writer.field("body_base64", encode_base64(answer.body));
  }
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace baton
