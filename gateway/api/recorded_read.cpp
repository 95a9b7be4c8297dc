#include "gateway/api/recorded_read.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "gateway/auth/caller.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

// What the request says about the answer that its sender has already.
struct Known {
  std::string tag;  // If-None-Match.
  std::string as;   // Whoever asks in another way gets another answer, or owes another record.
};

Known known_of(const HttpRequest& request, const AuditRecord& record) {
  const bool sees_all = request.caller != nullptr && request.caller->may("patient.read");
  return {std::string(request.header("If-None-Match")),
          record.by.subject + '\n' + record.by.purpose + '\n' + (sees_all ? "all" : "masked") + '\n'};
}

// An answer's name for those who have it. Under a secret, since the hash of personal data is personal data.
std::string tag_of(const ApiContext& context, const Known& known, std::string_view json) {
  return "\"" + encode_base64(as_bytes(sha256(context.answer_secret + known.as + std::string(json)))) + "\"";
}

}  // namespace

Result<std::uint64_t> index_of(std::string_view text) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return index;
  return Error{ErrorCode::bad_query, "'" + std::string(text) + "' is not an index", "a number from 0"};
}

AuditRecord read_record(const HttpRequest& request, std::string object) {
  AuditRecord record;
  record.action = action::kPatientRead;
  record.by = principal_of(request);
  record.object = std::move(object);
  return record;
}

void set_patients(AuditRecord& record, std::vector<std::string> patients) {
  std::erase(patients, std::string());
  std::ranges::sort(patients);
  const auto same = std::ranges::unique(patients);
  patients.erase(same.begin(), same.end());
  record.patients = std::move(patients);
}

Status check_sees_records(const HttpRequest& request) {
  if (request.caller == nullptr || request.caller->may("patient.read")) return success();
  return Error{ErrorCode::no_permission, "this needs the permission 'patient.read' as well: nothing is masked in it",
               "ask somebody whose role has it; GET /v1/me says what yours has"};
}

void record_and_send(ApiContext& context, AuditRecord record, std::shared_ptr<Responder> responder, JsonText json,
                     std::string tag) {
  HttpResponse response{200, "application/json", std::move(json), {}};
  if (!tag.empty()) response.headers.emplace_back("ETag", std::move(tag));
  context.node.submit(
      RecordAccess{{}, std::move(record)},
      [responder, response = std::move(response)](const Result<JsonText>& recorded) {
        if (!recorded) return send_error(*responder, recorded.error());
        responder->send(response);
      },
      {}, Reached::durable);
}

namespace {

// Whoever was refused for who they are stands in the ledger.
void record_refusal(ApiContext& context, AuditRecord record, const std::shared_ptr<Responder>& responder,
                    const Error& error) {
  record.action = action::kAccessRefused;
  record.outcome = code_of(error.code);
  record.reason = error.detail;
  context.door.people.record(std::move(record), [responder, error](const Status&) { send_error(*responder, error); });
}

// What runs on one of the threads for reads.
std::function<void(bool)> recorded_work(ApiContext& context, const HttpRequest& request, Responder responder,
                                        std::string object, std::function<Error()> refusal,
                                        std::function<Result<PatientData>(const StoreReader&)> read) {
  AuditRecord record = read_record(request, std::move(object));
  Known known = known_of(request, record);
  return [&context, record = std::move(record), known = std::move(known), read = std::move(read),
          refusal = std::move(refusal), shared = std::make_shared<Responder>(std::move(responder))](bool ok) mutable {
    if (!ok) return send_error(*shared, refusal());
    auto data = read(context.node.reader());
    if (!data && data.error().code == ErrorCode::wrong_unit) {
      return record_refusal(context, std::move(record), shared, data.error());
    }
    if (!data) return send_error(*shared, data.error());
    record.patient = std::move(data->patient);
    record.instance = std::move(data->instance);
    set_patients(record, std::move(data->patients));
    if (record.patient.empty() && record.patients.empty() && !data->somebodys) {
      return send_json(*shared, 200, std::move(data->json));
    }
    std::string tag = tag_of(context, known, data->json);
    if (known.tag == tag) return shared->send({304, "", "", {{"ETag", std::move(tag)}}});
    record_and_send(context, std::move(record), shared, std::move(data->json), std::move(tag));
  };
}

Error question_refused(const ApiContext& context) {
  if (context.questions->ending().stop_requested())
    return {ErrorCode::stopping, "the server stops", "ask again when it is back"};
  return {ErrorCode::overloaded,
          "of one caller " + std::to_string(QuestionLane::kOfOneCaller) +
              " questions run or wait at a time, and of all " + std::to_string(QuestionLane::kOfAll),
          "wait for the answer of one that was asked before"};
}

}  // namespace

void read_record_and_send(ApiContext& context, const HttpRequest& request, Responder responder, std::string object,
                          std::function<Result<PatientData>(const StoreReader&)> read) {
  context.reads.run(recorded_work(
      context, request, std::move(responder), std::move(object),
      [] {
        return Error{ErrorCode::overloaded, "too many searches wait already", "try again"};
      },
      std::move(read)));
}

void ask_record_and_send(ApiContext& context, const HttpRequest& request, Responder responder, std::string object,
                         std::function<Result<PatientData>(const StoreReader&)> read) {
  context.questions->run(principal_of(request).subject,
                         recorded_work(
                             context, request, std::move(responder), std::move(object),
                             [&context] { return question_refused(context); }, std::move(read)));
}

void ask_and_send(ApiContext& context, const std::string& caller, Responder responder,
                  std::function<Result<JsonText>(const StoreReader&)> read) {
  context.questions->run(
      caller, [&context, shared = std::make_shared<Responder>(std::move(responder)), read = std::move(read)](bool ok) {
        if (!ok) return send_error(*shared, question_refused(context));
        auto json = read(context.node.reader());
        if (!json) return send_error(*shared, json.error());
        send_json(*shared, 200, std::move(*json));
      });
}

}  // namespace baton
