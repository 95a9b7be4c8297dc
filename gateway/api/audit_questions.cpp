// /v1/audit/questions: what auditors come with, ready to ask.
#include "persistence/sql/audit_questions.hpp"

#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

void list_questions(ApiContext&, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const AuditQuestion& question : audit_questions()) {
    writer.begin_object().field("name", question.name).field("title", question.title).key("parameters").begin_array();
    for (const QuestionParameter& parameter : question.parameters) {
      writer.begin_object().field("name", parameter.name).field("help", parameter.help);
      writer.flag("required", parameter.required).end_object();
    }
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

// Whose data an answer about several people shows is not looked for: the question itself is what is recorded.
void ask(ApiContext& context, RoutedRequest request, Responder responder) {
  const AuditQuestion* question = find_audit_question(request.at("name"));
  if (question == nullptr) {
    return send_error(responder, {ErrorCode::not_found, "there is no question '" + request.at("name") + "'",
                                  "GET /v1/audit/questions lists them"});
  }
  SqlParameters parameters;
  for (const char* name : {"patient", "person", "instance", "rule", "from", "to", "zone"}) {
    if (std::string value = text_of_query(request, name); !value.empty()) parameters.emplace(name, std::move(value));
  }
  ask_record_and_send(
      context, request.http, std::move(responder), "question: " + std::string(question->name),
      [question, parameters, ending = context.questions->ending()](const StoreReader& reader) -> Result<PatientData> {
        auto answer = ask_audit_question(reader, *question, parameters, ending);
        if (!answer) return answer.error();
        const auto of = [&](const char* name) {
          const auto given = parameters.find(name);
          return given == parameters.end() ? std::string() : given->second;
        };
        PatientData data{std::move(*answer), of("patient"), of("instance")};
        if (data.patient.empty() && !data.instance.empty()) {
          const auto about = reader.instance(data.instance);
          if (about.ok() && *about) data.patient = (*about)->patient;
        }
        data.somebodys = true;
        return data;
      });
}

}  // namespace

void add_audit_question_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/audit/questions",
              "listQuestions",
              "The questions that are ready to ask, with their parameters.",
              {},
              "",
              "QuestionList",
              200,
              bind(list_questions)});
  router.add({"GET",
              "/v1/audit/questions/{name}",
              "askQuestion",
              "The answer, with the SQL that gave it.",
              {{"patient", "Patient id."},
               {"person", "Subject of a person, service, script or model."},
               {"instance", "Instance id."},
               {"rule", "Name of the decision or task in the script."},
               {"from", "RFC 3339, inclusive."},
               {"to", "RFC 3339, exclusive."},
               {"zone", "Time zone of the shifts."}},
              "",
              "QuestionAnswer",
              200,
              bind(ask)});
}

}  // namespace baton
