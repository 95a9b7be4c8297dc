// Names of threads, as top -H, perf and a debugger show them.
#pragma once

#include <pthread.h>

namespace baton {

// Of the calling thread; at most 15 letters.
inline void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

}  // namespace baton
