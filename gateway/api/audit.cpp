// /v1/audit: the ledger's records as they are.
#include <charconv>

#include "gateway/api/api_support.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {
namespace {

// The records from `from` on; without it the last ones. A leaf is JSON, byte for byte what the tree hashes.
Result<JsonText> tail_json(const StoreReader& reader, std::optional<std::uint64_t> from, std::size_t limit) {
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head) return head.error();
  const std::uint64_t size = head->size;
  const std::uint64_t begin = std::min(from.value_or(size > limit ? size - limit : 0), size);
  const std::uint64_t end = std::min<std::uint64_t>(begin + limit, size);
  JsonWriter writer;
  writer.begin_object().field("size", static_cast<std::int64_t>(size)).key("items").begin_array();
  LedgerCursor cursor(source, begin);
  while (cursor.index() < end) {
    const std::uint64_t index = cursor.index();
    const auto leaf = cursor.next();
    if (!leaf) return leaf.error();
    writer.begin_object().field("index", static_cast<std::int64_t>(index)).json_field("leaf", *leaf).end_object();
  }
  writer.end_array();
  if (end < size) writer.field("next", std::to_string(end));
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

void add_audit_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET", "/v1/audit", "readAudit",
              "Records of the audit ledger in their order: from an index on, or the last ones.",
              with_page_rules({{"from", "Index of the first record."}}), "", "AuditPage", 200,
              [&context](RoutedRequest request, Responder responder) {
                auto page = page_of_query(request);
                if (!page) return send_error(responder, page.error());
                std::string text = text_of_query(request, "from");
                if (text.empty()) text = page->cursor;
                std::optional<std::uint64_t> from;
                if (!text.empty()) {
                  std::uint64_t index = 0;
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
                  if (error != std::errc() || end != text.data() + text.size()) {
                    return send_error(responder, {ErrorCode::bad_query, "'from' is not an index", "a number from 0"});
                  }
                  from = index;
                }
                read_and_send(context, std::move(responder), [from, limit = page->limit](const StoreReader& reader) {
                  return tail_json(reader, from, limit);
                });
              }});
}

}  // namespace baton
