// Reading the arguments of a test's question. Owned by one thread.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton::testing {

// The members of one JSON object. Absent, null and other types are all "not there": workflows-lua/testing/test.lua has checked them.
class Arguments {
 public:
  // Precondition: `json` is JSON that a Sandbox wrote.
  explicit Arguments(const JsonText& json);

  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  // A member as JSON; empty when it is not there.
  [[nodiscard]] JsonText json(std::string_view name) const;
  [[nodiscard]] std::optional<Arguments> object(std::string_view name) const;

 private:
  explicit Arguments(boost::json::object object) : object_(std::move(object)) {}

  boost::json::object object_;
};

[[nodiscard]] JsonText json_text(const boost::json::value& value);

}  // namespace baton::testing
