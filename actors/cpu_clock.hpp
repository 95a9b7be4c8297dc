// The clock that bounds the processor time of scripts (runtime/script/sandbox.hpp). Any thread.
#pragma once

#include <cstdint>

namespace baton {

// What the calling thread has computed so far, in nanoseconds. Waiting does not count.
[[nodiscard]] std::uint64_t thread_cpu_ns() noexcept;

}  // namespace baton
