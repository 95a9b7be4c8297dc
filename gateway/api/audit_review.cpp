// /v1/audit/break-glass and reviews: who used break-glass, and who has looked at it since.
#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "persistence/audit_query.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

std::string name_of(std::uint64_t index) { return "record/" + std::to_string(index); }

// The newest review of a record; nothing where there is none.
Result<std::optional<AuditRow>> review_of(const StoreReader& reader, std::uint64_t index) {
  AuditFilter filter;
  filter.fields = {{"action", std::string(action::kAccessReviewed)}, {"source_event", name_of(index)}};
  auto found = query_audit(reader, filter, "", limits::kPageSize);
  if (!found.ok()) return found.error();
  if (found->items.empty()) return std::optional<AuditRow>();
  return std::optional(std::move(found->items.back()));
}

std::string text_in(const std::string& bytes, std::string_view name) {
  const auto leaf = parse_own_document(bytes);
  const auto* const value =
      leaf.ok() && leaf->is_object() ? leaf->get_object().if_contains({name.data(), name.size()}) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// A read through glass that was broken before is reviewed with the record that broke it.
bool is_behind_glass(const std::string& bytes) { return text_in(bytes, "parent").starts_with("glass/"); }

Result<PatientData> list_uses(const StoreReader& reader, const PageRequest& page, bool with_reviewed) {
  AuditFilter filter;
  filter.fields["purpose"] = kBreakGlassPurpose;
  const auto found = query_audit(reader, filter, page.cursor, page.limit);
  if (!found.ok()) return found.error();
  PatientData data;
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const AuditRow& row : found->items) {
    if (is_behind_glass(row.leaf)) continue;
    const auto review = review_of(reader, row.index);
    if (!review.ok()) return review.error();
    if (*review && !with_reviewed) continue;
    writer.begin_object().field("index", static_cast<std::int64_t>(row.index)).json_field("leaf", row.leaf);
    if (*review) writer.json_field("review", (*review)->leaf);
    writer.end_object();
    const AuditLeaf leaf(row.leaf);
    data.patients.push_back(leaf.patient);
    data.patients.insert(data.patients.end(), leaf.patients.begin(), leaf.patients.end());
  }
  writer.end_array().optional_field("next", found->cursor).end_object();
  data.json = std::move(writer).take();
  return data;
}

void uses(ApiContext& context, RoutedRequest request, Responder responder) {
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  const auto reviewed = flag_of_query(request, "reviewed");
  if (!reviewed) return send_error(responder, reviewed.error());
  read_record_and_send(context, request.http, std::move(responder), "break-glass",
                       [page = *page, with_reviewed = reviewed->value_or(false)](const StoreReader& reader) {
                         return list_uses(reader, page, with_reviewed);
                       });
}

struct Review {
  std::uint64_t index = 0;
  std::string outcome;
  std::string reason;
};

Result<Review> read_review(const RoutedRequest& request) {
  const auto index = index_of(request.at("index"));
  if (!index) return index.error();
  auto body = read_object(request.http);
  if (!body) return std::move(body).error();
  JsonFields fields(*body, "", ErrorCode::bad_field);
  Review review{*index, fields.text("outcome").value_or(""), reason_of(fields)};
  if (review.outcome.empty()) fields.refuse("outcome", "is missing", "justified, not_justified, or a word of your own");
  if (review.reason.empty()) fields.refuse("reason", "is missing", "say what was found");
  if (const Status status = fields.finish(); !status) return status.error();
  return review;
}

// The record of the review, about the same patient and case as what was reviewed.
Result<AuditRecord> record_of(const StoreReader& reader, const Principal& by, const Review& review) {
  const StoreLedgerSource source(reader.store());
  const auto bytes = LedgerReader(source).leaf(review.index);
  if (!bytes.ok()) return bytes.error();
  const auto opened = LeafOpener(reader).open(*bytes);
  if (!opened.ok()) return opened.error();
  const AuditLeaf reviewed(*opened);
  if (text_in(*opened, "purpose") != kBreakGlassPurpose || is_behind_glass(*opened)) {
    return Error{
        ErrorCode::not_found, "record " + std::to_string(review.index) + " is no use of break-glass",
        "baton audit review lists those; a read behind opened glass is reviewed with the record that opened it"};
  }
  const auto before = review_of(reader, review.index);
  if (!before.ok()) return before.error();
  if (*before) {
    return Error{ErrorCode::conflict,
                 "record " + std::to_string(review.index) + " was reviewed before, in record " +
                     std::to_string((*before)->index),
                 "the first review stands: baton audit show " + std::to_string((*before)->index)};
  }
  if (reviewed.subject == by.subject) {
    return Error{ErrorCode::not_permitted, "nobody reviews what they did themselves", "ask somebody else"};
  }
  AuditRecord record;
  record.action = action::kAccessReviewed;
  record.by = by;
  record.patient = reviewed.patient;
  record.patients = reviewed.patients;
  record.instance = reviewed.instance;
  record.object = name_of(review.index);
  record.source_event = record.object;
  record.outcome = review.outcome;
  record.reason = review.reason;
  return record;
}

void review(ApiContext& context, RoutedRequest request, Responder responder) {
  auto review = read_review(request);
  if (!review) return send_error(responder, review.error());
  context.reads.run([&context, by = principal_of(request.http), review = *std::move(review),
                     shared = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*shared, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    auto record = record_of(context.node.reader(), by, review);
    if (!record.ok()) return send_error(*shared, record.error());
    record_and_send(context, *std::move(record), shared, JsonText("{}"));
  });
}

}  // namespace

void add_audit_review_routes(HttpRouter& router, ApiContext& context) {
  router.add(
      {"GET", "/v1/audit/break-glass", "listBreakGlass",
       "Uses of break-glass (purpose BTG) that nobody has reviewed yet, oldest first; or all with their reviews.",
       with_page_rules({{"reviewed", "true for those that were reviewed as well."}}), "", "BreakGlassPage", 200,
       [&context](RoutedRequest request, Responder responder) {
         uses(context, std::move(request), std::move(responder));
       }});
  router.add({"POST",
              "/v1/audit/records/{index}/review",
              "reviewRecord",
              "Say what a look at this record found: outcome and reason.",
              {},
              "Review",
              "Any",
              200,
              [&context](RoutedRequest request, Responder responder) {
                review(context, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
