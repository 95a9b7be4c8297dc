#include "tests/support/places.hpp"

namespace baton {

std::filesystem::path source_dir() { return BATON_SOURCE_DIR; }

std::filesystem::path test_data() { return BATON_TEST_DATA; }

}  // namespace baton
