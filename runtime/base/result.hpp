// Result<T>: a value, or an Error that names its code, what happened here, and the cure. For bad input and wrong
// moments; our own bugs are assertions.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "runtime/base/assert.hpp"
#include "runtime/base/error_codes.hpp"

namespace baton {

struct Error {
  ErrorCode code;
  std::string detail;  // What was wrong this time, with the offending name or value. No personal data.
  std::string cure;    // What the reader can do about it. May be empty where the code's page says it all.
  // Where several fields are wrong: a JSON array of {"field","keyword","message","pointer"}. Empty otherwise.
  std::string fields = {};

  bool operator==(const Error&) const = default;
};

// "BT101: detail; cure"
[[nodiscard]] std::string to_string(const Error& error);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Precondition: ok().
  [[nodiscard]] T& value() & {
    BATON_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    BATON_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    BATON_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Precondition: !ok().
  [[nodiscard]] const Error& error() const& {
    BATON_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    BATON_ASSERT(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

struct Done {
  bool operator==(const Done&) const = default;
};
// A Result without a value.
using Status = Result<Done>;
[[nodiscard]] inline Status success() { return Status(Done{}); }

}  // namespace baton
