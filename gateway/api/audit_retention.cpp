// /v1/audit/holds, /v1/audit/retention and /v1/audit/prune: what must stay in the ledger, and what may go.
#include <limits>

#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/audit_query.hpp"
#include "persistence/holds.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {
namespace {

// A field that is a time; nothing where it is absent.
std::optional<Instant> time_field(JsonFields& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (!text) return std::nullopt;
  const auto at = parse_instant(*text);
  if (at.ok()) return *at;
  fields.refuse(at.error());
  return std::nullopt;
}

void place_hold(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  PlaceHold hold;
  hold.patient = fields.text("patient").value_or("");
  hold.instance = fields.text("instance").value_or("");
  hold.from = time_field(fields, "from");
  hold.before = time_field(fields, "to");
  hold.matter = reason_of(fields, "matter");
  hold.reason = reason_of(fields);
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  hold.by = principal_of(request.http);
  submit(context, request, std::move(responder), std::move(hold), 201);
}

void lift_hold(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  LiftHold lift{request.at("id"), reason_of(fields), principal_of(request.http)};
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), std::move(lift));
}

Result<PatientData> holds_json(const StoreReader& reader, bool with_lifted) {
  const auto holds = list_holds(reader, with_lifted);
  if (!holds.ok()) return holds.error();
  PatientData data;
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const LegalHold& hold : *holds) {
    write_json(writer, hold);
    data.patients.push_back(hold.patient);
  }
  writer.end_array().end_object();
  data.json = std::move(writer).take();
  return data;
}

void show_holds(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto all = flag_of_query(request, "all");
  if (!all) return send_error(responder, all.error());
  read_record_and_send(
      context, request.http, std::move(responder), "holds",
      [with_lifted = all->value_or(false)](const StoreReader& reader) { return holds_json(reader, with_lifted); });
}

Result<JsonText> retention_json(const StoreReader& reader) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head.ok()) return head.error();
  const auto pruned = ledger.pruned();
  if (!pruned.ok()) return pruned.error();
  const auto size = ledger.signed_size();
  if (!size.ok()) return size.error();
  const auto holds = list_holds(reader, false);
  if (!holds.ok()) return holds.error();
  JsonWriter writer;
  writer.begin_object().field("minimum_index", static_cast<std::int64_t>(pruned->minimum));
  writer.field("size", static_cast<std::int64_t>(head->size)).field("signed_size", static_cast<std::int64_t>(*size));
  writer.flag("swept", pruned->swept == pruned->minimum);
  writer.field("holds_in_force", static_cast<std::int64_t>(holds->size())).end_object();
  return std::move(writer).take();
}

void show_retention(ApiContext& context, RoutedRequest, Responder responder) {
  read_and_send(context, std::move(responder), [](const StoreReader& reader) { return retention_json(reader); });
}

// The greatest index at which the ledger can begin when all before `at`, or before that index, may go.
Result<std::uint64_t> prunable_to(const StoreReader& reader, const std::string& before) {
  const StoreLedgerSource source(reader.store());
  const auto size = LedgerReader(source).signed_size();
  if (!size.ok()) return size.error();
  std::uint64_t to = *size;
  if (const auto index = index_of(before); index.ok()) {
    to = std::min(to, *index);
  } else {
    const auto at = parse_instant(before);
    if (!at.ok()) return at.error();
    const auto first = first_record_at(reader, *at);
    if (!first.ok()) return first.error();
    to = std::min(to, first->value_or(to));
  }
  return to - to % ledger_rows::kTileWidth;
}

// What would go, without saying what only an export says.
void plan_prune(ApiContext& context, RoutedRequest request, Responder responder) {
  context.reads.run([&context, before = text_of_query(request, "before"), by = principal_of(request.http),
                     then = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    const auto to = prunable_to(context.node.reader(), before);
    if (!to.ok()) return send_error(*then, to.error());
    context.node.submit(PruneRequest{*to, "", "", "", by}, [then](Result<JsonText> answer) {
      if (!answer) return send_error(*then, answer.error());
      send_json(*then, 200, *std::move(answer));
    });
  });
}

void prune(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  PruneRequest prune;
  prune.to = static_cast<std::uint64_t>(fields.integer("to", 0, std::numeric_limits<std::int64_t>::max()).value_or(0));
  prune.digest = fields.text("digest").value_or("");
  prune.reason = reason_of(fields);
  prune.exported = fields.text("checkpoint").value_or("");
  if (prune.digest.empty()) fields.refuse("digest", "is missing", "show an export: baton audit prune --export DIR ..");
  if (const Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (!prune.exported.empty()) {
    std::string text;
    append_json_string(text, prune.exported);
    prune.exported = std::move(text);
  }
  prune.by = principal_of(request.http);
  submit(context, request, std::move(responder), std::move(prune));
}

}  // namespace

void add_audit_retention_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/audit/holds",
              "listHolds",
              "Legal holds in force, or all.",
              {{"all", "true for those that were lifted as well."}},
              "",
              "HoldList",
              200,
              bind(show_holds)});
  router.add({"POST",
              "/v1/audit/holds",
              "placeHold",
              "A legal hold on a patient, an instance or a span of time: nothing that it covers is erased or pruned.",
              {},
              "NewHold",
              "Hold",
              201,
              bind(place_hold)});
  router.add({"POST",
              "/v1/audit/holds/{id}/lift",
              "liftHold",
              "End a legal hold.",
              {},
              "Reason",
              "Hold",
              200,
              bind(lift_hold)});
  router.add({"GET",
              "/v1/audit/retention",
              "getRetention",
              "Where the ledger begins and ends, and what is held.",
              {},
              "",
              "Retention",
              200,
              bind(show_retention)});
  router.add({"GET",
              "/v1/audit/prune",
              "planPrune",
              "What a prune would remove; refused where a hold covers some of it.",
              {{"before", "RFC 3339, or an index: records from here on stay."}},
              "",
              "PruneAnswer",
              200,
              bind(plan_prune)});
  router.add({"POST",
              "/v1/audit/prune",
              "pruneAudit",
              "Remove the records below an index from the ledger. Whoever asks shows by `digest` that they have them.",
              {},
              "Prune",
              "PruneAnswer",
              200,
              bind(prune)});
}

}  // namespace baton
