#include "actors/testing/test_activities.hpp"

#include <utility>

#include "actors/activity_attempt.hpp"
#include "actors/testing/test_json.hpp"

namespace baton::testing {

namespace {

ActivityEnded failed(std::string code, std::string message, bool retryable) {
  return {Outcome::failed({std::move(code), std::move(message), {}}), std::nullopt, retryable};
}

JsonText question(const PendingRecord& pending, const std::string& idempotency_key, const JsonText& input) {
  JsonWriter writer;
  writer.begin_object().field("what", "activity").field("name", pending.operation.name);
  writer.field("idempotency_key", idempotency_key).field("attempt", static_cast<std::int64_t>(pending.attempt));
  writer.field("instance", pending.instance).optional_field("patient", pending.patient);
  if (!input.empty()) writer.json_field("input", input);
  writer.end_object();
  return std::move(writer).take();
}

HttpAnswer read_http_answer(const Arguments& said) {
  HttpAnswer answer;
  answer.status = static_cast<int>(said.integer("status", 0));
  answer.body = said.text("body");
  boost::json::error_code failed;
  const auto headers = boost::json::parse(said.json("headers"), failed);
  if (const auto* object = headers.if_object(); !failed && object != nullptr) {
    for (const auto& [name, value] : *object) {
      const auto* text = value.if_string();
      answer.headers.emplace_back(name, text != nullptr ? std::string(*text) : json_text(value));
    }
  }
  return answer;
}

}  // namespace

ActivityEnded read_mocked(const JsonText& answer) {
  const Arguments read(answer);
  const auto failure = read.object("failed");
  if (!failure) return {Outcome::of(read.json("value")), std::nullopt, true};
  ActivityEnded ended = failed(failure->text("code"), failure->text("message"), failure->json("retryable") != "false");
  ended.outcome.failure.details = failure->json("details");
  if (const auto after = parse_duration(failure->text("retry_after")); after.ok()) ended.retry_after = *after;
  return ended;
}

Result<HttpAnswer> answer_http(const HttpCall& call, TestRun& tests) {
  JsonWriter writer;
  writer.begin_object().field("what", "http").field("method", call.method).field("url", call.url);
  writer.key("headers").begin_object();
  for (const auto& [name, value] : call.headers) writer.field(name, value);
  writer.end_object().field("body", call.body).end_object();
  const auto answer = tests.answer(std::move(writer).take());
  if (!answer.ok()) return Error{ErrorCode::unreachable, answer.error().detail, {}};
  const Arguments read(*answer);
  if (const auto failure = read.object("failed")) return Error{ErrorCode::unreachable, failure->text("message"), {}};
  return read_http_answer(*read.object("value"));
}

ActivityEnded run_activity(const std::shared_ptr<const Program>& program, const std::string& name,
                           const JsonText& input, ActivityContext context, TestRun& tests) {
  constexpr int kMostHeartbeats = 100'000;
  ActivityRun run(program, name, input, std::move(context));
  int heartbeats = 0;
  while (true) {
    ActivityStep step = run.step();
    if (std::holds_alternative<WantsHeartbeat>(step) && ++heartbeats > kMostHeartbeats) {
      return failed(
          "timeout",
          "it called heartbeat " + std::to_string(kMostHeartbeats) + " times and did not end; no time passes here",
          false);
    }
    if (auto* ended = std::get_if<ActivityEnded>(&step)) return std::move(*ended);
    Outcome outcome = Outcome::of({});
    if (const auto* http = std::get_if<WantsHttp>(&step)) {
      const auto answer = answer_http({http->method, http->url, http->headers, http->body, http->timeout}, tests);
      outcome = answer.ok() ? Outcome::of(http_answer_json(*answer))
                            : Outcome::failed({std::string(code_of(answer.error().code)), answer.error().detail, {}});
    }
    run.resume(std::move(outcome));
  }
}

std::optional<ActivityEnded> mocked_work(const PendingRecord& pending, TestRun& tests) {
  const std::string& name = pending.operation.name;
  const std::string idempotency_key = pending.instance + "." + std::to_string(pending.operation.seq);
  auto request = read_activity_request(pending.operation.request);
  if (!request.ok()) return failed(std::string(code_of(request.error().code)), request.error().detail, false);
  const auto answer = tests.answer(question(pending, idempotency_key, request->input));
  if (!answer.ok()) return failed(std::string(code_of(ErrorCode::script_error)), answer.error().detail, false);
  const Arguments read(*answer);
  if (!read.flag("unmocked")) return read_mocked(*answer);
  if (read.flag("http")) return std::nullopt;
  return failed("unmocked_activity", "the case did not mock " + name + "; say t:mock(\"" + name + "\", ..)", false);
}

}  // namespace baton::testing
