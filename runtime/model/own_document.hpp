// Reads documents that Baton itself has written around values: answers, rows, leaves of the ledger. A value may be nested as deep
// as limits::kJsonDepth allows, so what stands around it is nested deeper. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// As parse_json_document, for a document that is nested at most kOwnLevels deeper. What comes from outside is read with
// parse_json_document, so that every value that was taken fits in here.
constexpr std::size_t kOwnLevels = 32;
[[nodiscard]] Result<boost::json::value> parse_own_document(std::string_view text);

// What both are: one document of RFC 8259 nested at most `depth` deep, in which no object has a name twice and no number is
// infinite.
[[nodiscard]] Result<boost::json::value> parse_document(std::string_view text, std::size_t depth);

}  // namespace baton
