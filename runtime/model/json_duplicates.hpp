// Names that a JSON object has twice. RFC 8259 leaves open what they mean, and readers disagree: one takes the first value,
// one the last. What two systems read differently is refused at the door. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

// How many members all objects of the text have together, each as often as it is written. Precondition: valid JSON.
[[nodiscard]] std::size_t count_written_members(std::string_view json) noexcept;

// The first name that one object of the text has twice, as a path: "patient.name". Precondition: valid JSON.
[[nodiscard]] std::optional<std::string> find_duplicate_member(std::string_view json);

}  // namespace baton
