// Slows down who guesses passwords. Counts failures by address, by name, and by both; past a threshold each further try
// has to wait, twice as long each time, to five minutes. Kept in memory: a restart forgets. Thread-safe; bounded.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "runtime/base/instant.hpp"

namespace baton {

class Attempts {
 public:
  // How long this address has to wait before it may try this name; zero: go on.
  [[nodiscard]] Duration wait_for(const std::string& user, const std::string& address, Instant now) const;
  void failed(const std::string& user, const std::string& address, Instant now);  // Also of one still under way.
  // It did not fail: takes that back, and forgets the failures of this name from this address.
  void succeeded(const std::string& user, const std::string& address);

 private:
  struct Count {
    int failures = 0;
    Instant last;
    Instant open_at;
  };
  void count(const std::string& key, int free, Instant now);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Count> counts_;
};

// The address of "127.0.0.1:40112" and "::1:40112".
[[nodiscard]] std::string address_of(const std::string& client);

}  // namespace baton
