// /v1/instances: starting, finding and reading workflow instances.
#include <boost/json/value.hpp>

#include "actors/time_attributes.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/work/standing.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/clinical/json_value.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

constexpr std::size_t kHistoryRows = 1000;

// {"id","status","result"?,"failure"?}: how it ended, or that it has not.
JsonText result_json(const InstanceRecord& record) {
  JsonWriter writer;
  writer.begin_object().field("id", record.id).field("status", to_string(record.status));
  if (record.status == InstanceStatus::completed) writer.json_field("result", record.outcome.value);
  if (record.status == InstanceStatus::failed) {
    writer.key("failure");
    write_json(writer, record.outcome.failure);
  }
  writer.end_object();
  return std::move(writer).take();
}

Error no_instance(const std::string& id) {
  return {ErrorCode::not_found, "there is no instance '" + id + "'", "see GET /v1/instances"};
}

// The result is the patient's data; that it is not there yet is not, nor is the result of a case that is about nobody.
void send_when_ended(ApiContext& context, const AuditRecord& read, std::shared_ptr<Responder> responder,
                     const std::string& id, Duration wait) {
  context.waits.wait(id, wait, [&context, responder, id, read](Result<std::optional<InstanceRecord>> record) {
    if (!record) return send_error(*responder, record.error());
    if (!*record) return send_error(*responder, no_instance(id));
    JsonText json = result_json(**record);
    if ((*record)->open()) return send_json(*responder, 202, std::move(json));
    if ((*record)->patient.empty()) return send_json(*responder, 200, std::move(json));
    AuditRecord shown = read;
    shown.patient = (*record)->patient;
    shown.instance = id;
    record_and_send(context, std::move(shown), responder, std::move(json));
  });
}

Result<StartRequest> read_start(const HttpRequest& http) {
  auto body = read_object(http);
  if (!body) return std::move(body).error();
  JsonFields fields(*body, "", ErrorCode::bad_field);
  StartRequest start;
  start.workflow = fields.text("workflow").value_or("");
  start.input = json_text_of(fields.value("input"));
  // Taken as not given, an empty id would be a new one at each repetition, and an empty patient nobody.
  for (const auto& [name, field] :
       {std::pair{"id", &start.id}, {"patient", &start.patient}, {"key", &start.business_key}}) {
    *field = fields.text(name).value_or("");
    if (field->empty() && fields.value(name) != nullptr) {
      fields.refuse(name, "is empty", "leave it out, or send 1 to 200 bytes of plain text");
    }
  }
  start.by = principal_of(http);
  if (Status status = fields.finish(); !status) return status.error();
  if (Status status = check_name("workflow", start.workflow); !status) return status.error();
  for (const auto& [name, text] :
       {std::pair{"id", &start.id}, {"patient", &start.patient}, {"key", &start.business_key}}) {
    if (text->empty()) continue;
    if (Status status = check_name(name, *text); !status) return status.error();
  }
  if (start.input.size() > limits::kPayloadSize) {
    return Error{ErrorCode::too_large, "the input is larger than 1 MiB", "store it elsewhere and pass its address"};
  }
  return start;
}

std::string id_of(const JsonText& answer) {
  const auto document = parse_own_document(answer);
  if (!document || !document->is_object()) return {};
  const auto* id = document->as_object().if_contains("id");
  return id != nullptr && id->is_string() ? std::string(id->as_string()) : std::string();
}

void start(ApiContext& context, RoutedRequest request, Responder responder) {
  auto wait = duration_of_query(request, "wait", kLongestWait);
  if (!wait) return send_error(responder, wait.error());
  auto start = read_start(request.http);
  if (!start) return send_error(responder, start.error());
  const std::string_view key = request.http.header("Idempotency-Key");
  const bool id_of_the_key = !key.empty() && start->id.empty();
  if (id_of_the_key) start->id = instance_id_of_key(start->workflow, start->by.subject, key);
  submit_keyed(
      context, request, std::move(responder), std::move(*start), 201,
      [&context, read = read_record(request.http, "result"), wait = *wait, id_of_the_key](
          const std::shared_ptr<Responder>& then, Result<JsonText> answer) {
        if (!answer) {
          Error error = std::move(answer).error();
          if (id_of_the_key && error.code == ErrorCode::already_exists) error.code = ErrorCode::idempotency_mismatch;
          return send_error(*then, error);
        }
        if (!wait) return send_json(*then, 201, std::move(*answer));
        send_when_ended(context, read, then, id_of(*answer), *wait);
      },
      wait->has_value() ? Reached::seen : Reached::durable);
}

// A value that reads as a JSON scalar is one; anything else is text, so that nobody has to quote words. An RFC 3339 time of
// an attribute that is a time is what a script may have set there.
JsonText wanted_value(const std::string& value, bool time) {
  if (const auto instant = parse_instant(value); time && instant.ok()) return ways_to_set(value, *instant);
  const auto scalar = parse_json_document(value);
  if (scalar && !scalar->is_object() && !scalar->is_array()) return json_text_of(&*scalar);
  JsonText text;
  append_json_string(text, value);
  return text;
}

Result<InstanceFilter> read_filter(const Node& node, const RoutedRequest& request) {
  InstanceFilter filter;
  if (const std::string* status = request.find_query("status")) {
    filter.status = instance_status_of(*status);
    if (!filter.status) {
      return Error{ErrorCode::bad_query, "'" + *status + "' is no status", "running, completed, failed or cancelled"};
    }
  }
  filter.workflow = text_of_query(request, "workflow");
  filter.patient = text_of_query(request, "patient");
  filter.business_key = text_of_query(request, "key");
  filter.unit = text_of_query(request, "unit");
  const auto with_incident = flag_of_query(request, "has_incident");
  if (!with_incident) return with_incident.error();
  filter.with_incident = *with_incident;
  const auto paused = flag_of_query(request, "paused");
  if (!paused) return paused.error();
  filter.paused = *paused;
  const auto from = instant_of_query(request, "started_after");
  if (!from) return from.error();
  filter.started_from = *from;
  const auto before = instant_of_query(request, "started_before");
  if (!before) return before.error();
  filter.started_before = *before;
  const std::string order = text_of_query(request, "order");
  if (!order.empty() && order != "newest" && order != "oldest") {
    return Error{ErrorCode::bad_query, "'order' is neither newest nor oldest", "say order=newest or order=oldest"};
  }
  filter.oldest_first = order == "oldest";
  constexpr std::string_view kAttribute = "attribute.";
  for (const auto& [name, value] : request.query) {
    if (name.compare(0, kAttribute.size(), kAttribute) != 0) continue;
    std::string attribute = name.substr(kAttribute.size());
    JsonText wanted = wanted_value(value, is_time_attribute(node.live_programs(), filter.workflow, attribute));
    filter.attributes.emplace_back(std::move(attribute), std::move(wanted));
  }
  return filter;
}

void list(ApiContext& context, RoutedRequest request, Responder responder) {
  auto filter = read_filter(context.node, request);
  if (!filter) return send_error(responder, filter.error());
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(
      context, request.http, std::move(responder), "instances",
      [filter = std::move(*filter), page = std::move(*page)](const StoreReader& reader) -> Result<PatientData> {
        auto found = reader.list_instances(filter, page.cursor, page.limit);
        if (!found) return std::move(found).error();
        return patient_page(*found);
      });
}

template <typename Record>
void write_all(JsonWriter& writer, std::string_view name, const std::vector<Record>& records) {
  writer.key(name).begin_array();
  for (const Record& record : records) write_json(writer, record);
  writer.end_array();
}

// The record, and why it waits: everything that will wake it. Of another unit's task only that it does.
Result<JsonText> one_json(const StoreReader& reader, const std::string& id, const Standing& standing) {
  const auto record = reader.instance(id);
  if (!record) return record.error();
  if (!*record) return no_instance(id);
  auto pending = reader.pending_of(id);
  if (!pending) return pending.error();
  auto tasks = reader.open_tasks_of(id);
  if (!tasks) return tasks.error();
  const auto unseen = tasks_unseen_by(standing, reader, id);
  if (!unseen) return unseen.error();
  std::erase_if(*tasks, [&](const TaskRecord& task) { return unseen->contains(task.seq); });
  for (PendingRecord& each : *pending) {
    if (unseen->contains(each.operation.seq)) each.operation.request.clear();
  }
  auto incidents = reader.incidents_of(id);
  if (!incidents) return incidents.error();
  std::erase_if(*incidents, [](const IncidentRecord& incident) { return incident.resolved_at.has_value(); });
  const auto children = reader.children(id);
  if (!children) return children.error();
  JsonWriter writer;
  write_json(writer, **record);
  std::string json = std::move(writer).take();
  json.pop_back();  // The closing brace: more fields follow.
  JsonWriter more;
  more.begin_object();
  write_all(more, "waits_for", *pending);
  write_all(more, "open_tasks", *tasks);
  write_all(more, "incidents", *incidents);
  more.key("children").begin_array();
  for (const std::string& child : *children) more.string(child);
  more.end_array().end_object();
  return json + "," + more.view().substr(1);
}

// The task that an entry is about; zero where it is about none.
OperationSeq task_of(const EntryBody& body) {
  if (const auto* scheduled = std::get_if<OperationScheduled>(&body)) return scheduled->operation.seq;
  if (const auto* resolved = std::get_if<OperationResolved>(&body)) return resolved->seq;
  if (const auto* changed = std::get_if<TaskChanged>(&body)) return changed->seq;
  if (const auto* decided = std::get_if<TaskDecided>(&body)) return decided->seq;
  return 0;
}

// An entry; of a task of another unit only that there is one.
void write_entry(JsonWriter& writer, EntryIndex index, const Entry& entry, const std::set<OperationSeq>& unseen) {
  const OperationSeq task = task_of(entry.body);
  if (!unseen.contains(task)) return write_json(writer, index, entry);
  writer.begin_object().field("index", static_cast<std::int64_t>(index)).field("at", format_instant(entry.at));
  writer.field("type", name_of(entry.body)).field("seq", static_cast<std::int64_t>(task));
  writer.field("hidden", "a task of another unit").end_object();
}

Result<JsonText> history_json(const StoreReader& reader, const std::string& id, EntryIndex from, std::size_t limit,
                              const Standing& standing) {
  const auto record = reader.instance(id);
  if (!record) return record.error();
  if (!*record) return no_instance(id);
  const auto rows = reader.journal(id, from, std::min(limit, kHistoryRows) + 1);
  if (!rows) return rows.error();
  const auto unseen = tasks_unseen_by(standing, reader, id);
  if (!unseen) return unseen.error();
  JsonWriter writer;
  writer.begin_object().field("id", id).key("items").begin_array();
  std::size_t count = 0;
  std::optional<EntryIndex> next;
  for (const JournalRow& row : *rows) {
    const auto entries = decode_entries(row.row);
    if (!entries) return entries.error();
    for (std::size_t i = 0; i < entries->size() && !next; ++i) {
      const EntryIndex index = row.first + static_cast<EntryIndex>(i);
      if (index < from) continue;
      if (count++ == limit) {
        next = index;
      } else {
        write_entry(writer, index, (*entries)[i], *unseen);
      }
    }
  }
  writer.end_array();
  if (next) writer.field("next", std::to_string(*next));
  writer.end_object();
  return std::move(writer).take();
}

// The rows as they are on disk, sealed, so that anybody can compare them with the hashes in the ledger.
Result<JsonText> journal_json(const StoreReader& reader, const std::string& id, EntryIndex from, std::size_t limit,
                              const Standing& /*sealed*/) {
  const auto record = reader.instance(id);
  if (!record) return record.error();
  if (!*record) return no_instance(id);
  const auto rows = reader.journal(id, from, limit + 1, RowForm::as_stored);
  if (!rows) return rows.error();
  JsonWriter writer;
  writer.begin_object().field("id", id).key("items").begin_array();
  for (std::size_t i = 0; i < std::min(limit, rows->size()); ++i) {
    const JournalRow& row = (*rows)[i];
    writer.begin_object().field("first", static_cast<std::int64_t>(row.first));
    writer.field("row", encode_base64(row.row)).end_object();
  }
  writer.end_array();
  if (rows->size() > limit) writer.field("next", std::to_string((*rows)[limit].first));
  writer.end_object();
  return std::move(writer).take();
}

// What the cursor of a history or a journal says: the index of the next entry.
Result<EntryIndex> index_of_cursor(const std::string& cursor) {
  EntryIndex index = 0;
  for (const char c : cursor) {
    if (c < '0' || c > '9' || index > 100'000'000) {
      return Error{ErrorCode::bad_cursor, "this cursor is not one of a history", "begin without one"};
    }
    index = index * 10 + static_cast<EntryIndex>(c - '0');
  }
  return index;
}

// What was read of an instance is its patient's.
Result<PatientData> of_its_patient(const StoreReader& reader, const std::string& id, Result<JsonText> json) {
  if (!json) return std::move(json).error();
  const auto record = reader.instance(id);
  if (!record) return record.error();
  return PatientData{std::move(*json), *record ? (*record)->patient : std::string(), id};
}

using JournalView = Result<JsonText> (*)(const StoreReader&, const std::string&, EntryIndex, std::size_t,
                                         const Standing&);

void show_journal(JournalView view, ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  const auto from = index_of_cursor(page->cursor);
  if (!from) return send_error(responder, from.error());
  read_record_and_send(
      context, request.http, std::move(responder), "history",
      [view, id = request.at("id"), from = *from, limit = page->limit, standing = standing_of(context, request)](
          const StoreReader& reader) { return of_its_patient(reader, id, view(reader, id, from, limit, standing)); });
}

void result(ApiContext& context, RoutedRequest request, Responder responder) {
  auto wait = duration_of_query(request, "wait", kLongestWait);
  if (!wait) return send_error(responder, wait.error());
  send_when_ended(context, read_record(request.http, "result"), std::make_shared<Responder>(std::move(responder)),
                  request.at("id"), wait->value_or(Duration{0}));
}

}  // namespace

void add_instance_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  const QueryRule wait{"wait",
                       "How long to wait for the end, such as 30s; at most 5m. 202 when it has not ended by then."};
  router.add({"POST",
              "/v1/instances",
              "startInstance",
              "Start a workflow. With wait, answers how it ended.",
              {wait},
              "StartInstance",
              "StartedInstance",
              201,
              bind(start)});
  router.add({"GET", "/v1/instances", "listInstances", "Instances, newest first. All filters given must hold.",
              with_page_rules({{"status", "running, completed, failed or cancelled"},
                               {"workflow", "Name of the workflow."},
                               {"patient", "Patient id."},
                               {"key", "Business key."},
                               {"unit", "Of this unit now: its attribute unit, else ward."},
                               {"attribute.*", "A search attribute that has, or contains, this value."},
                               {"has_incident", "true or false"},
                               {"paused", "true or false"},
                               {"started_after", "RFC 3339, inclusive."},
                               {"started_before", "RFC 3339, exclusive."},
                               {"order", "newest or oldest first"}}),
              "", "InstancePage", 200, bind(list)});
  router.add({"GET",
              "/v1/instances/{id}",
              "getInstance",
              "One instance, and everything it waits for.",
              {},
              "",
              "InstanceDetail",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(
                    context, request.http, std::move(responder), "instance",
                    [id = request.at("id"), standing = standing_of(context, request)](const StoreReader& reader) {
                      return of_its_patient(reader, id, one_json(reader, id, standing));
                    });
              }});
  router.add({"GET", "/v1/instances/{id}/history", "getHistory", "The journal, oldest first.", with_page_rules({}), "",
              "HistoryPage", 200, [&context](RoutedRequest request, Responder responder) {
                show_journal(history_json, context, std::move(request), std::move(responder));
              }});
  router.add(
      {"GET",
       "/v1/instances/{id}/standing",
       "getStanding",
       "Where the script stands, with the values of its variables: its bundle runs over its journal again, read-only.",
       {},
       "",
       "Standing",
       200,
       [&context](RoutedRequest request, Responder responder) {
         read_record_and_send(context, request.http, std::move(responder), "standing",
                              [&context, id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                                const auto instance = reader.instance(id);
                                if (!instance) return instance.error();
                                if (!*instance) return no_instance(id);
                                auto standing = context.node.standing(id);
                                if (!standing) return std::move(standing).error();
                                return PatientData{std::move(*standing), (*instance)->patient, id};
                              });
       }});
  router.add({"GET", "/v1/instances/{id}/journal", "getJournal",
              "The journal's rows as they are on disk, in base64: each hashes to what the ledger says of it.",
              with_page_rules({}), "", "JournalPage", 200, [&context](RoutedRequest request, Responder responder) {
                show_journal(journal_json, context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/instances/{id}/result",
              "getResult",
              "How it ended; 202 while it has not.",
              {wait},
              "",
              "InstanceResult",
              200,
              bind(result)});
}

}  // namespace baton
