// /v1/audit/export and /v1/audit/verify: records in the forms that 'baton audit export' writes, a page at a time; and what a
// piece of evidence is worth, for those who cannot run 'baton audit verify'.
#include <algorithm>
#include <array>

#include "gateway/api/recorded_read.hpp"
#include "gateway/audit/audit_event.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {
namespace {

struct Form {
  std::string_view name;
  const char* content_type;
};
constexpr std::array kForms = {Form{"ndjson", "application/x-ndjson"}, Form{"csv", "text/csv; charset=utf-8"},
                               Form{"fhir", "application/fhir+json"}};

struct Asked {
  Form form;
  std::uint64_t from = 0;
  std::size_t limit = 0;
  bool open = false;  // As whoever asks may read them, not as the tree hashes them.
};

Result<Asked> read_asked(const RoutedRequest& request) {
  const std::string name = text_of_query(request, "form");
  const auto form = std::ranges::find(kForms, name, &Form::name);
  if (form == kForms.end()) {
    return Error{ErrorCode::bad_query, "there is no form '" + name + "'", "ndjson, csv or fhir"};
  }
  const auto page = page_of_query(request);
  if (!page.ok()) return page.error();
  const auto open = flag_of_query(request, "open");
  if (!open.ok()) return open.error();
  Asked asked{*form, 0, page->limit, open->value_or(false)};
  if (const std::string from = text_of_query(request, "from"); !from.empty()) {
    const auto index = index_of(from);
    if (!index.ok()) return index.error();
    asked.from = *index;
  }
  return asked;
}

struct Exported {
  std::string body;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool more = false;
};

Status append_record(std::string& body, std::string_view form, std::uint64_t index, std::string_view leaf,
                     std::string_view origin) {
  if (form == "ndjson") {
    body.append(leaf).push_back('\n');
    return success();
  }
  if (form == "csv") {
    const auto row = audit_csv_row(index, leaf);
    if (!row.ok()) return row.error();
    body += *row;
    return success();
  }
  const auto events = audit_events(index, leaf, origin);
  if (!events.ok()) return events.error();
  for (const AuditEvent& event : *events) {
    if (body.back() != '[') body.push_back(',');
    body += R"({"fullUrl":"urn:baton:audit:)" + event.id + R"(","resource":)" + event.json + "}";
  }
  return success();
}

Result<Exported> exported(const StoreReader& reader, const Asked& asked, std::string_view origin) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head.ok()) return head.error();
  const auto pruned = ledger.pruned();
  if (!pruned.ok()) return pruned.error();
  Exported made;
  made.begin = std::min(std::max(asked.from, pruned->minimum), head->size);
  made.end = std::min<std::uint64_t>(made.begin + asked.limit, head->size);
  made.more = made.end < head->size;
  if (asked.form.name == "csv") made.body = audit_csv_heading();
  if (asked.form.name == "fhir") made.body = R"({"resourceType":"Bundle","type":"collection","entry":[)";
  LeafOpener opener(reader);
  LedgerCursor cursor(source, made.begin);
  while (cursor.index() < made.end) {
    const std::uint64_t index = cursor.index();
    const auto leaf = cursor.next();
    if (!leaf.ok()) return leaf.error();
    const auto shown = asked.open ? opener.open(*leaf) : Result<std::string>(std::string(*leaf));
    if (!shown.ok()) return shown.error();
    const Status added = append_record(made.body, asked.form.name, index, *shown, origin);
    if (!added.ok()) return added.error();
  }
  if (asked.form.name == "fhir") made.body += "]}";
  return made;
}

// The ledger's name, as its key has it.
std::string origin_of(const Node& node) { return node.audit_key().substr(0, node.audit_key().find('+')); }

void export_page(ApiContext& context, RoutedRequest request, Responder responder) {
  if (const Status sees = check_sees_records(request.http); !sees) {
    return context.door.access.refuse(principal_of(request.http), "exportAudit", request, std::move(responder),
                                      sees.error());
  }
  const auto asked = read_asked(request);
  if (!asked) return send_error(responder, asked.error());
  AuditRecord record = read_record(request.http, "");
  record.action = action::kLedgerExported;
  context.reads.run([&context, asked = *asked, record,
                     then = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    auto made = exported(context.node.reader(), asked, origin_of(context.node));
    if (!made.ok()) return send_error(*then, made.error());
    AuditRecord taken = record;
    taken.object =
        "export/" + std::string(asked.form.name) + "/" + std::to_string(made->begin) + "-" + std::to_string(made->end);
    HttpResponse answer{200, asked.form.content_type, std::move(made->body), {}};
    if (made->more) answer.headers.emplace_back("X-Baton-Next", std::to_string(made->end));
    // Who takes records away stands in the ledger first.
    context.node.submit(RecordAccess{{}, std::move(taken)},
                        [then, answer = std::move(answer)](const Result<JsonText>& recorded) {
                          if (!recorded) return send_error(*then, recorded.error());
                          then->send(answer);
                        });
  });
}

// Against this ledger's key, which the caller may know better than the server: so the key is in the answer.
void verify(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto key = parse_verifier_key(context.node.audit_key());
  if (!key.ok()) return send_error(responder, key.error());
  const auto proof = parse_tlog_proof(request.http.body);
  if (!proof.ok()) return send_error(responder, proof.error());
  const auto proved = verify_tlog_proof(*proof, std::nullopt, {key->get(), {}, 0});
  if (!proved.ok()) return send_error(responder, proved.error());
  JsonWriter writer;
  writer.begin_object().flag("verified", true).field("index", static_cast<std::int64_t>(proved->index));
  writer.field("size", static_cast<std::int64_t>(proved->checkpoint.checkpoint.size)).json_field("leaf", proved->leaf);
  writer.field("key", context.node.audit_key()).end_object();
  send_json(responder, 200, std::move(writer).take());
}

}  // namespace

void add_audit_export_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/audit/export",
              "exportAudit",
              "Records in their order as NDJSON, CSV or FHIR AuditEvents; the header X-Baton-Next says where the next "
              "page begins.",
              {{"form", "ndjson, csv or fhir."},
               {"open", "true: with what is sealed in the tree, as far as the caller may read it."},
               {"from", "Index of the first record."},
               {"limit", "Records of a page, 1 to 1000; 100 if absent."}},
              "",
              "application/x-ndjson, text/csv, application/fhir+json",
              200,
              bind(export_page)});
  router.add({"POST",
              "/v1/audit/verify",
              "verifyEvidence",
              "Is this evidence (C2SP tlog-proof) good for the ledger's key? It says what it proves by itself.",
              {},
              "text/plain",
              "VerifiedEvidence",
              200,
              bind(verify)});
}

}  // namespace baton
