// /v1/board and /v1/metrics/series: where all cases stand, and what happened on each day. Both read tallies, never the cases.
// /v1/metrics/overrides beside them reads the ledger.
#pragma once

#include "gateway/api/api_context.hpp"

namespace baton {

// The parameter days of a series: 1 to 400, 30 if absent. Error: bad_query.
[[nodiscard]] Result<std::uint32_t> days_of_query(const RoutedRequest& request);

void add_board_routes(HttpRouter& router, ApiContext& context);
void add_override_figure_routes(HttpRouter& router, ApiContext& context);

}  // namespace baton
