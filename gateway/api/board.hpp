// /v1/board and /v1/metrics/series: where all cases stand, and what happened on each day. Both read tallies, never the cases.
#pragma once

#include "gateway/api/api_context.hpp"

namespace baton {

void add_board_routes(HttpRouter& router, ApiContext& context);

}  // namespace baton
