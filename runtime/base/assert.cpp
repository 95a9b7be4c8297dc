#include "runtime/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace baton {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "baton: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace baton
