// Reads the fields of a JSON object that a person wrote, and says exactly which one is wrong. Pure.
//
// Sticky like base's Reader: the first field that is wrong is remembered, every later read yields nothing, and the
// caller asks once, at the end, with finish(). A field nobody asked for is an error too: a misspelt option that is
// silently ignored is how a time-out never fires.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// Parses one JSON document, nested at most limits::kJsonDepth deep, in which no object has a name twice. Error: bad_json
// with the offset or the member.
[[nodiscard]] Result<boost::json::value> parse_json_document(std::string_view text);

class JsonFields {
 public:
  // Borrows `object`. `path` is how messages name it ("retry"); `code` is the error code of every complaint.
  JsonFields(const boost::json::object& object, std::string path, ErrorCode code);

  // Each returns nullopt when the field is absent or null, and when it is wrong (see finish()).
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<double> number(std::string_view name, double least, double most);
  // A duration as text ("30s"); never negative.
  std::optional<Duration> duration(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name);
  // The field's value as it is, or nullptr when absent or null.
  const boost::json::value* value(std::string_view name);

  // Remembers a complaint about field `name` (or about the object itself when `name` is empty), if it is the first.
  void refuse(std::string_view name, std::string what, std::string cure);
  // Takes over an error found below.
  void refuse(Error error);
  // False once something was refused.
  [[nodiscard]] bool good() const { return !error_.has_value(); }
  [[nodiscard]] std::string path_of(std::string_view name) const;

  // The first complaint; then a field that nobody asked for; otherwise success.
  [[nodiscard]] Status finish();

 private:
  const boost::json::object& object_;
  std::string path_;
  ErrorCode code_;
  std::vector<std::string_view> asked_;
  std::optional<Error> error_;
};

}  // namespace baton
