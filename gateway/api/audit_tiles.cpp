// /checkpoint and /tile/...: the ledger as C2SP tlog-tiles asks for it, for clients that others wrote. The origin's prefix
// is the server's root.
#include <array>

#include "gateway/api/recorded_read.hpp"
#include "persistence/ledger/tile_server.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {
namespace {

// "tile" and level, up to seven groups of digits, and the width of a partial tile.
constexpr std::array<std::string_view, 8> kGroups = {"a", "b", "c", "d", "e", "f", "g", "h"};

void serve(ApiContext& context, const RoutedRequest& request, Responder responder) {
  const std::string path(request.http.path().substr(1));
  if (path.starts_with("tile/entries/")) {
    if (const Status sees = check_sees_records(request.http); !sees) {
      return context.door.access.refuse(principal_of(request.http), path, request, std::move(responder), sees.error());
    }
  }
  AuditRecord record = read_record(request.http, path);
  record.action = action::kLedgerExported;
  context.reads.run([&context, path, record, shared = std::make_shared<Responder>(std::move(responder))](bool ok) {
    if (!ok) return send_error(*shared, {ErrorCode::overloaded, "too many searches wait already", "try again"});
    const StoreLedgerSource source(context.node.reader().store());
    const auto tile = serve_tile(LedgerReader(source), path);
    if (!tile.ok()) return send_error(*shared, tile.error());
    HttpResponse answer{
        200, std::string(tile->content_type), tile->body, {{"Cache-Control", std::string(tile->cache_control)}}};
    if (!path.starts_with("tile/entries/")) return shared->send(std::move(answer));
    // Records are patients' data: who takes them away stands in the ledger first.
    context.node.submit(RecordAccess{{}, record}, [shared, answer](const Result<JsonText>& recorded) {
      if (!recorded) return send_error(*shared, recorded.error());
      shared->send(answer);
    });
  });
}

}  // namespace

void add_audit_tile_routes(HttpRouter& router, ApiContext& context) {
  const auto handler = [&context](RoutedRequest request, Responder responder) {
    serve(context, request, std::move(responder));
  };
  router.add({"GET",
              "/checkpoint",
              "getCheckpoint",
              "The last signed checkpoint of the audit ledger (C2SP tlog-checkpoint).",
              {},
              "",
              "text/plain; charset=utf-8",
              200,
              handler});
  std::string path = "/tile/{level}";
  for (std::size_t i = 0; i < kGroups.size(); ++i) {
    path += "/{" + std::string(kGroups[i]) + "}";
    router.add({"GET",
                path,
                "getTile" + std::to_string(i + 1),
                "A tile of hashes, or with the level 'entries' a bundle of records (C2SP tlog-tiles).",
                {},
                "",
                "application/octet-stream",
                200,
                handler});
  }
}

}  // namespace baton
