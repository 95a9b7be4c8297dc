#include "tests/gateway/wire_reply.hpp"

#include <boost/json.hpp>
#include <future>

#include "runtime/model/json_fields.hpp"

namespace baton {

std::string WireReply::field(std::string_view name) const {
  const auto* value = body.is_object() ? body.as_object().if_contains({name.data(), name.size()}) : nullptr;
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->as_string()) : boost::json::serialize(*value);
}

std::string WireReply::cookie() const {
  const std::string all = header("Set-Cookie");
  return all.substr(0, all.find(';'));
}

WireReply ask_over_wire(HttpClient& client, HttpCall call) {
  std::promise<Result<HttpAnswer>> answered;
  client.send(std::move(call), [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
  auto answer = answered.get_future().get();
  if (!answer) return {0, {}, to_string(answer.error()), {}};
  WireReply reply{answer->status, answer->headers, answer->body, {}};
  if (auto value = parse_json_document(answer->body); value.ok()) reply.body = std::move(*value);
  return reply;
}

}  // namespace baton
