// What there is to be allowed, and a set of it: one word of bits, copied with every request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

struct Permission {
  std::string_view name;
  std::string_view meaning;
};
// Every permission that there is. A policy that names another is refused.
[[nodiscard]] const std::vector<Permission>& all_permissions();

class PermissionSet {
 public:
  // False, and nothing changes, where there is no such permission.
  bool insert(std::string_view name);
  void remove(std::string_view name);
  void add(const PermissionSet& other) { bits_ |= other.bits_; }
  [[nodiscard]] bool contains(std::string_view name) const;
  // In the order of the alphabet.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::uint64_t bits_ = 0;  // By the place in all_permissions().
};

}  // namespace baton
