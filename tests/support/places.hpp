// Where the tests find this tree and its data. The paths are compiled into places.cpp alone, so that a test's object is the same
// wherever the tree lies (which is what lets ccache help a second clone).
#pragma once

#include <filesystem>

namespace baton {

// The root of the sources.
[[nodiscard]] std::filesystem::path source_dir();
// tests/data.
[[nodiscard]] std::filesystem::path test_data();

}  // namespace baton
