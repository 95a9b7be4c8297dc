// Assertions for our own bugs. They stay on in release: a process that has lost an invariant stops, and recovery is
// the tested path.
#pragma once

namespace baton {

// Prints the expression with its place and aborts the process. Never returns.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace baton

#define BATON_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::baton::assertion_failed(#expression, __FILE__, __LINE__))
