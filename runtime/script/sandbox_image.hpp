// A Sandbox as it was at one moment, of which copies are made: each begins where the pictured one stood, its library open
// and its modules loaded. Immutable, shared by threads. See Sandbox::picture().
#pragma once

#include "runtime/script/arena_image.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {

struct SandboxImage {
  ArenaImage memory;
  lua_State* state;  // As it was there: memory.at() says where it is in a copy.
  const char* hidden_key;
  std::size_t used;
  std::size_t large;
};

}  // namespace baton::script
