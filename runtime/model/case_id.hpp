// What a case is called that an event starts. Pure.
#pragma once

#include <string>
#include <string_view>

namespace baton {

// "discharge:" and 16 hex digits. Ids stand in keys on disk and in logs, so that this one says neither whose case it is nor of what key.
// The same patient and key always give the same one; where a case of that key has ended and another begins, "~2" and so on stands behind it.
[[nodiscard]] std::string case_id_of(std::string_view workflow, std::string_view patient, std::string_view key);

}  // namespace baton
