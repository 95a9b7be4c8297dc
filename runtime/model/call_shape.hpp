// What a table that a script hands to ctx may contain, said as data, and what is wrong with one that does not keep to it. A misspelt name in
// it must not pass: `candidates = { rol = "nurse" }` would let everybody decide. The shapes of the calls are in ctx_shapes.hpp. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

enum class ShapeKind {
  any,
  text,     // Any string.
  name,     // One that is not empty.
  word,     // One of `words`.
  nothing,  // false, where that is a word of its own.
  flag,     // true or false.
  number,   // Any.
  count,    // A whole number from 1 on.
  moment,   // An instant, or a duration from now.
  step,     // "due", a duration around it, or an instant.
  names,    // A name, or a list of names.
  list,     // Of `each`, not empty.
  by_name,  // A table of `each` by names of the author's.
  table,    // Of `fields`.
  one_of,   // The first of `choices` whose type it has.
};

// A whole number below is a length of time in disguise, not a time: no case waits for one before 1980, and no wait takes ten years.
constexpr std::int64_t kFirstTimeMs = 315'532'800'000;

struct Shape;

struct ShapeField {
  std::string_view name;
  const Shape* shape;
  bool required = false;
};

struct Shape {
  ShapeKind kind = ShapeKind::any;
  std::span<const ShapeField> fields = {};
  const Shape* each = nullptr;
  std::span<const Shape* const> choices = {};
  std::span<const std::string_view> words = {};
  bool null_is_nothing =
      true;  // A field that is null is as one that was left out; false where leaving it out opens something.
};

// What is wrong with the value, in words for its author; `path` is its name ("candidates.role"), "" for the whole table. The first
// fault in the order of the names, so that the same table always has the same fault.
[[nodiscard]] std::optional<std::string> fault_in(const boost::json::value& value, const Shape& shape,
                                                  const std::string& path);
// The same of a whole table; the shape's kind is `table`.
[[nodiscard]] std::optional<std::string> fault_in(const boost::json::object& table, const Shape& shape);

// "'rol' is no field (did you mean 'role'?); it takes: role, roles".
[[nodiscard]] std::string unknown_name(std::string_view wanted, const std::vector<std::string_view>& names);

}  // namespace baton
