// How much of a request's body is taken in, by its head alone: what anybody may ask is small, and what nobody who is known
// sends is not taken in at all. On the IO loop's thread; does not block.
#pragma once

#include <cstddef>
#include <optional>

#include "gateway/auth/front_door.hpp"
#include "gateway/http/http_router.hpp"

namespace baton {

// Bytes; nothing for a request that is to be refused without its body: there is no such route, or it is not for strangers.
// `configured` is http.body_size. A provider's token is only known once it was verified: its body is taken in.
[[nodiscard]] std::optional<std::size_t> admitted_body(const HttpRouter& router, FrontDoor& door,
                                                       const HttpRequest& head, std::size_t configured);

}  // namespace baton
