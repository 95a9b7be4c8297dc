// /v1/audit: the ledger's records as they are, found, and proved.
#include <charconv>
#include <map>

#include "gateway/api/audit_explain.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/audit_index.hpp"
#include "persistence/audit_query.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/sql/audit_sql.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

void write_record(JsonWriter& writer, std::uint64_t index, std::string_view leaf) {
  writer.begin_object().field("index", static_cast<std::int64_t>(index)).json_field("leaf", leaf).end_object();
}

void add_patients(PatientData& data, std::string_view bytes) {
  const AuditLeaf leaf{std::string(bytes)};
  data.patients.push_back(leaf.patient);
  data.patients.insert(data.patients.end(), leaf.patients.begin(), leaf.patients.end());
}

// The records from `from` on; without it the last ones. A leaf is the record, opened; the bytes that the tree hashes are in
// its proof and in the tiles.
Result<PatientData> tail_json(const StoreReader& reader, std::optional<std::uint64_t> from, std::size_t limit) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head) return head.error();
  const std::uint64_t size = head->size;
  const auto pruned = ledger.pruned();
  if (!pruned) return pruned.error();
  const std::uint64_t wanted = std::min(from.value_or(size > limit ? size - limit : 0), size);
  const std::uint64_t begin = std::max(wanted, pruned->minimum);
  const std::uint64_t end = std::min<std::uint64_t>(begin + limit, size);
  PatientData data;
  JsonWriter writer;
  writer.begin_object().field("size", static_cast<std::int64_t>(size)).key("items").begin_array();
  LedgerCursor cursor(source, begin);
  LeafOpener opener(reader);
  while (cursor.index() < end) {
    const std::uint64_t index = cursor.index();
    const auto stored = cursor.next();
    if (!stored) return stored.error();
    const auto leaf = opener.open(*stored);
    if (!leaf) return leaf.error();
    write_record(writer, index, *leaf);
    add_patients(data, *leaf);
  }
  writer.end_array();
  if (end < size) writer.field("next", std::to_string(end));
  writer.end_object();
  data.json = std::move(writer).take();
  return data;
}

void tail(ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  std::optional<std::uint64_t> from;
  if (const std::string text = text_of_query(request, "from"); !text.empty()) {
    const auto index = index_of(text);
    if (!index) return send_error(responder, index.error());
    from = *index;
  }
  // A pager gives the cursor beside the `from` with which it began: it goes on where the page before ended.
  if (!page->cursor.empty()) {
    const auto next = index_of(page->cursor);
    if (!next || *next < from.value_or(0)) {
      return send_error(responder, {ErrorCode::bad_cursor, "the cursor is not one of this listing",
                                    "give the cursor of the page before, or none"});
    }
    from = *next;
  }
  read_record_and_send(
      context, request.http, std::move(responder), "audit",
      [from, limit = page->limit](const StoreReader& reader) { return tail_json(reader, from, limit); });
}

Result<AuditFilter> read_filter(const RoutedRequest& request) {
  AuditFilter filter;
  for (const AuditField& field : kAuditFields) {
    const std::string name(field.name == "subject" ? "person" : field.name);
    if (std::string value = text_of_query(request, name); !value.empty()) {
      filter.fields.emplace(field.name, std::move(value));
    }
  }
  const auto from = instant_of_query(request, "from");
  if (!from) return from.error();
  filter.from = *from;
  const auto to = instant_of_query(request, "to");
  if (!to) return to.error();
  filter.before = *to;
  return filter;
}

Result<PatientData> find_records(const StoreReader& reader, const AuditFilter& filter, const PageRequest& page) {
  const auto found = query_audit(reader, filter, page.cursor, page.limit);
  if (!found) return found.error();
  const StoreLedgerSource source(reader.store());
  const auto head = LedgerReader(source).head();
  if (!head) return head.error();
  JsonWriter writer;
  writer.begin_object().field("size", static_cast<std::int64_t>(head->size)).key("items").begin_array();
  PatientData data;
  for (const AuditRow& row : found->items) {
    write_record(writer, row.index, row.leaf);
    add_patients(data, row.leaf);
  }
  writer.end_array().optional_field("next", found->cursor).end_object();
  const auto of = [&filter](const char* name) {
    const auto given = filter.fields.find(name);
    return given == filter.fields.end() ? std::string() : given->second;
  };
  data.json = std::move(writer).take();
  data.patient = of("patient");
  data.instance = of("instance");
  return data;
}

void records(ApiContext& context, RoutedRequest request, Responder responder) {
  auto filter = read_filter(request);
  if (!filter) return send_error(responder, filter.error());
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(context, request.http, std::move(responder), "audit",
                       [filter = std::move(*filter), page = std::move(*page)](const StoreReader& reader) {
                         return find_records(reader, filter, page);
                       });
}

std::optional<Hash256> parse_hex_hash(std::string_view hex) {
  Hash256 hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto [end, error] = std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, hash[i], 16);
    if (error != std::errc() || end != hex.data() + 2 * i + 2) return std::nullopt;
  }
  return hash;
}

// What the leaf names by its SHA-256 because it was too long, from beside it: {"evidence":"<JSON>"}, where there is any. As a
// text: these very bytes have the hash, but where they were sealed; then the sealed ones are "sealed_beside", in base 64.
Status write_beside(JsonWriter& writer, const LedgerSource& source, const LeafOpener& opener, std::string_view bytes) {
  const auto leaf = parse_own_document(bytes);
  if (!leaf || !leaf->is_object()) return success();
  std::map<std::string_view, std::string> found, sealed;
  for (const std::string_view name : {"after", "before", "evidence"}) {
    const auto* value = leaf->get_object().if_contains(name);
    if (value == nullptr || !value->is_object() || value->get_object().size() != 2) continue;
    const auto* hex = value->get_object().if_contains("sha256");
    const auto hash = hex == nullptr || !hex->is_string() ? std::nullopt : parse_hex_hash(hex->get_string());
    const auto row = hash ? source.get(ledger_rows::beside_key(*hash)) : std::nullopt;
    if (!row) continue;
    const auto stored = ledger_rows::read_beside(*row);
    if (!stored.ok() || sha256(*stored) != *hash) continue;
    const auto opened = opener.open_beside(*stored);
    if (!opened.ok() && opened.error().code != ErrorCode::erased) return opened.error();
    if (opened.ok()) found.emplace(name, *opened);
    if (!opened.ok() || *opened != *stored) sealed.emplace(name, encode_base64(*stored));
  }
  const auto write = [&writer](const char* member, const std::map<std::string_view, std::string>& texts) {
    if (texts.empty()) return;
    writer.key(member).begin_object();
    for (const auto& [name, text] : texts) writer.field(name, text);
    writer.end_object();
  };
  write("beside", found);
  write("sealed_beside", sealed);
  return success();
}

// The last record of this action up to `index`; nothing when there is none.
Result<std::optional<AuditRow>> last_of(const StoreReader& reader, std::string_view action, std::uint64_t index) {
  AuditFilter filter;
  filter.fields["action"] = action;
  filter.end = index + 1;
  std::optional<AuditRow> last;
  std::string cursor;
  do {
    auto page = query_audit(reader, filter, cursor, limits::kPageSize);
    if (!page.ok()) return page.error();
    if (!page->items.empty()) last = std::move(page->items.back());
    cursor = page->cursor;
  } while (!cursor.empty());
  return last;
}

// What the clock that stamped the record was worth: the server said so at its start, or when that changed.
Status write_clock(JsonWriter& writer, const StoreReader& reader, std::uint64_t index) {
  const auto started = last_of(reader, action::kServerStarted, index);
  if (!started.ok()) return started.error();
  const auto changed = last_of(reader, action::kClockChanged, index);
  if (!changed.ok()) return changed.error();
  const bool since = *changed && (!*started || (*changed)->index > (*started)->index);
  const std::optional<AuditRow>& said = since ? *changed : *started;
  const auto leaf = said ? parse_own_document(said->leaf) : Result<boost::json::value>(boost::json::value());
  if (!leaf.ok() || !leaf->is_object()) return success();
  const auto* state = leaf->get_object().if_contains("after");
  if (state != nullptr && state->is_object()) state = state->get_object().if_contains("clock");
  if (state == nullptr || !state->is_string()) return success();
  writer.key("clock").begin_object().field("said_by", static_cast<std::int64_t>(said->index));
  writer.field("state", std::string_view(state->get_string())).end_object();
  return success();
}

// The record, and the evidence that it is in the signed tree. Returns the record in `opened`.
Result<JsonText> record_json(const StoreReader& reader, std::uint64_t index, std::string& opened) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto note = ledger.last_checkpoint();
  if (!note) return note.error();
  const auto size = ledger.signed_size();
  if (!size) return size.error();
  if (index >= *size) {
    return Error{ErrorCode::not_found, "the signed ledger has no record " + std::to_string(index),
                 "it has " + std::to_string(*size) + ", counted from 0; baton audit tail shows the newest"};
  }
  const auto proof = prove_record(ledger, index, *note);
  if (!proof) return proof.error();
  LeafOpener opener(reader);
  const auto leaf = opener.open(*proof->extra);
  if (!leaf) return leaf.error();
  opened = *leaf;
  JsonWriter writer;
  writer.begin_object().field("index", static_cast<std::int64_t>(index)).json_field("leaf", opened);
  writer.field("proof", format_tlog_proof(*proof));
  if (const Status written = write_beside(writer, source, opener, *proof->extra); !written) return written.error();
  if (const Status clock = write_clock(writer, reader, index); !clock.ok()) return clock.error();
  writer.end_object();
  return std::move(writer).take();
}

Result<JsonText> consistency_json(const StoreReader& reader, std::uint64_t from, std::uint64_t to) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head) return head.error();
  if (from == 0 || from > to || to > head->size) {
    return Error{ErrorCode::bad_query, "there is no proof from " + std::to_string(from) + " to " + std::to_string(to),
                 "give sizes with 0 < from <= to <= " + std::to_string(head->size)};
  }
  const auto proof = ledger.consistency(from, to);
  if (!proof) return proof.error();
  const auto old_root = ledger.root(from);
  if (!old_root) return old_root.error();
  const auto new_root = ledger.root(to);
  if (!new_root) return new_root.error();
  JsonWriter writer;
  writer.begin_object().field("from", static_cast<std::int64_t>(from)).field("to", static_cast<std::int64_t>(to));
  writer.field("from_root", encode_base64(as_bytes(*old_root))).field("to_root", encode_base64(as_bytes(*new_root)));
  writer.key("proof").begin_array();
  for (const Hash256& hash : *proof) writer.string(encode_base64(as_bytes(hash)));
  writer.end_array().end_object();
  return std::move(writer).take();
}

void record(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto index = index_of(request.at("index"));
  if (!index) return send_error(responder, index.error());
  read_record_and_send(context, request.http, std::move(responder), "audit",
                       [index = *index](const StoreReader& reader) -> Result<PatientData> {
                         std::string opened;
                         auto json = record_json(reader, index, opened);
                         if (!json) return json.error();
                         AuditLeaf about(opened);
                         return PatientData{std::move(*json), about.patient, about.instance, std::move(about.patients)};
                       });
}

void consistency(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto from = index_of(text_of_query(request, "from"));
  if (!from) return send_error(responder, from.error());
  const auto to = index_of(text_of_query(request, "to"));
  if (!to) return send_error(responder, to.error());
  read_and_send(context, std::move(responder),
                [from = *from, to = *to](const StoreReader& reader) { return consistency_json(reader, from, to); });
}

void key(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().field("key", context.node.audit_key()).end_object();
  send_json(responder, 200, std::move(writer).take());
}

// Whose data a query shows cannot be told from its text, so the query itself is what is recorded. To mask its rows would hide
// nothing: how many there are, and whether an expression fails, answers any question about them.
void run_sql(ApiContext& context, RoutedRequest request, Responder responder) {
  if (const Status sees = check_sees_records(request.http); !sees) {
    return context.door.access.refuse(principal_of(request.http), "queryAudit", request, std::move(responder),
                                      sees.error());
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string query = fields.text("query").value_or("");
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  AuditRecord record = read_record(request.http, "sql: " + query);
  const std::string caller = record.by.subject;
  submit_then(context, std::move(responder), RecordAccess{{}, std::move(record)},
              [&context, query, caller](const std::shared_ptr<Responder>& then, const Result<JsonText>& recorded) {
                if (!recorded) return send_error(*then, recorded.error());
                ask_and_send(context, caller, std::move(*then),
                             [query, ending = context.questions->ending()](const StoreReader& reader) {
                               SqlLimits limits;
                               limits.stop = ending;
                               return run_audit_sql(reader, query, limits);
                             });
              });
}

}  // namespace

void add_audit_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET", "/v1/audit", "readAudit",
              "Records of the audit ledger in their order: from an index on, or the last ones.",
              with_page_rules({{"from", "Index of the first record."}}), "", "AuditPage", 200, bind(tail)});
  router.add(
      {"GET", "/v1/audit/records", "findAuditRecords",
       "Records of the audit ledger, oldest first. All filters given must hold; each record was held against the tree.",
       with_page_rules({{"patient", "Patient id."},
                        {"instance", "Instance id."},
                        {"person", "The subject of whoever did it: a person, service, script or model."},
                        {"action", "Action code, such as task.decided; docs/formats/audit.md lists them."},
                        {"workflow", "Workflow."},
                        {"bundle", "SHA-256 of the bundle."},
                        {"rule", "Name of the decision or task in the script."},
                        {"model", "Id of the model."},
                        {"outcome", "What it came to."},
                        {"purpose", "Purpose of use; BTG is break-glass."},
                        {"source_event", "Event or message that led to it."},
                        {"from", "RFC 3339, inclusive."},
                        {"to", "RFC 3339, exclusive."}}),
       "", "AuditPage", 200, bind(records)});
  router.add({"GET",
              "/v1/audit/records/{index}",
              "getAuditRecord",
              "One record with its evidence (C2SP tlog-proof): its place in the signed tree.",
              {},
              "",
              "AuditEvidence",
              200,
              bind(record)});
  router.add({"GET",
              "/v1/audit/proof/consistency",
              "proveConsistency",
              "That the ledger of one size is the beginning of the ledger of another (RFC 6962).",
              {{"from", "The smaller size."}, {"to", "The larger size."}},
              "",
              "ConsistencyProof",
              200,
              bind(consistency)});
  router.add({"GET",
              "/v1/audit/key",
              "getAuditKey",
              "The key that verifies the ledger's checkpoints (C2SP signed-note).",
              {},
              "",
              "AuditKey",
              200,
              bind(key)});
  router.add({"GET",
              "/v1/instances/{id}/explain",
              "explainInstance",
              "Why the case was decided so: each decision with its step, source line, bundle, evidence and record.",
              {},
              "",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(context, request.http, std::move(responder), "explanation",
                                     [id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                                       return explain_instance(reader, id);
                                     });
              }});
  router.add({"GET",
              "/v1/instances/{id}/reproduce",
              "reproduceInstance",
              "Runs the case's own bundle over its journal again, read-only, and says whether it decides the same.",
              {},
              "",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(
                    context, request.http, std::move(responder), "reproduction",
                    [&context, id = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                      auto report = context.node.reproduce(id);
                      if (!report) return std::move(report).error();
                      const auto instance = reader.instance(id);
                      if (!instance) return instance.error();
                      return PatientData{std::move(*report), *instance ? (*instance)->patient : std::string(), id};
                    });
              }});
  router.add({"POST",
              "/v1/audit/sql",
              "queryAudit",
              "One SELECT over records, decisions, overrides, instances, tasks and incidents: at most 1000 rows and "
              "five seconds.",
              {},
              "SqlQuery",
              "SqlAnswer",
              200,
              bind(run_sql)});
  add_audit_tile_routes(router, context);
  add_audit_review_routes(router, context);
  add_audit_retention_routes(router, context);
  add_audit_question_routes(router, context);
  add_audit_export_routes(router, context);
}

}  // namespace baton
