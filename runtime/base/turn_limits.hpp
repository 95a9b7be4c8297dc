// What a script may leave behind at once, beside the bounds of limits.hpp: apart from it, because few files need them. In bytes.
#pragma once

#include <cstddef>

namespace baton::limits {

constexpr std::size_t kErrorCodeSize = 200;         // Of a raised table; beyond, it is cut.
constexpr std::size_t kErrorMessageSize = 2000;     // The same; also one line of ctx:log.
constexpr std::size_t kTurnJournalSize = 8u << 20;  // That a script adds to its journal between two waits.
constexpr std::size_t kTurnLogSize = 256u << 10;    // Lines of ctx:log between two waits; beyond, they are left out.

}  // namespace baton::limits
