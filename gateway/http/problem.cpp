#include "gateway/http/problem.hpp"

#include "runtime/base/json_text.hpp"

namespace baton {

HttpResponse problem_of(const Error& error) {
  const std::string code(code_of(error.code));
  const int status = http_status_of(error.code);
  JsonWriter writer;
  writer.begin_object().field("type", "/errors/" + code).field("title", title_of(error.code));
  writer.field("status", std::int64_t{status});
  writer.field("detail", is_valid_utf8(error.detail) ? std::string_view(error.detail) : "The text was not valid UTF-8");
  writer.field("code", code).field("cure", error.cure.empty() ? "see /errors/" + code : error.cure);
  if (!error.fields.empty()) writer.json_field("errors", error.fields);
  writer.end_object();
  HttpResponse response{status, "application/problem+json", std::move(writer).take(), {}};
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace baton
