#include "actors/testing/test_activities.hpp"

#include <utility>

#include "actors/activity_attempt.hpp"
#include "actors/testing/test_json.hpp"

namespace baton::testing {

namespace {

ActivityEnded failed(std::string code, std::string message, bool retryable) {
  return {Outcome::failed({std::move(code), std::move(message), {}}), std::nullopt, retryable};
}

Outcome answer_http(const WantsHttp& call, TestRun& tests) {
  JsonWriter writer;
  writer.begin_object().field("what", "http").field("method", call.method).field("url", call.url);
  writer.key("headers").begin_object();
  for (const auto& [name, value] : call.headers) writer.field(name, value);
  writer.end_object().field("body", call.body).end_object();
  const auto answer = tests.answer(std::move(writer).take());
  if (!answer.ok()) return Outcome::failed({"script_error", answer.error().detail, {}});
  return read_mocked(*answer).outcome;
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

ActivityEnded run_activity(const std::shared_ptr<const Program>& program, const std::string& name,
                           const JsonText& input, ActivityContext context, TestRun& tests) {
  ActivityRun run(program, name, input, std::move(context));
  while (true) {
    ActivityStep step = run.step();
    if (auto* ended = std::get_if<ActivityEnded>(&step)) return std::move(*ended);
    const auto* http = std::get_if<WantsHttp>(&step);
    run.resume(http != nullptr ? answer_http(*http, tests) : Outcome::of({}));
  }
}

ActivityEnded work(const std::shared_ptr<const Program>& program, const PendingRecord& pending, Instant now,
                   TestRun& tests) {
  const std::string& name = pending.operation.name;
  const std::string idempotency_key = pending.instance + "." + std::to_string(pending.operation.seq);
  auto request = read_activity_request(pending.operation.request);
  if (!request.ok()) return failed(std::string(code_of(request.error().code)), request.error().detail, false);
  const auto answer = tests.answer(question(pending, idempotency_key, request->input));
  if (!answer.ok()) return failed("script_error", answer.error().detail, false);
  const Arguments read(*answer);
  if (!read.flag("unmocked")) return read_mocked(*answer);
  if (!read.flag("http")) {
    return failed("unmocked_activity", "the case did not mock " + name + "; say t:mock(\"" + name + "\", ..)", false);
  }
  ActivityContext context;
  context.instance = pending.instance;
  context.patient = pending.patient;
  context.idempotency_key = idempotency_key;
  context.attempt = pending.attempt;
  context.now = now;
  return run_activity(program, name, request->input, std::move(context), tests);
}

}  // namespace baton::testing
