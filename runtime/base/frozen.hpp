// A value that nobody changes any more. Copies share it: one record stands in the change that writes it, in the effect
// that hands it on and in its actor's memory, and is made once. Thread-safe, as what is const is.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace baton {

template <typename T>
class Frozen {
 public:
  Frozen(T value) : value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }
  operator const T&() const { return *value_; }  // NOLINT(google-explicit-constructor): it is that value.

 private:
  std::shared_ptr<const T> value_;  // Never null, but in one that was moved from.
};

// Null where there is none.
template <typename T>
[[nodiscard]] const T* pointer_to(const std::optional<Frozen<T>>& value) {
  return value ? &**value : nullptr;
}

}  // namespace baton
