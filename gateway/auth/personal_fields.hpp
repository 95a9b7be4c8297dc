// Masks the fields of an answer that carry personal data, for callers without patient.read. Which those are is said by
// the API's schemas (gateway/api/schemas.json): a field marked "x-personal", and, since the rule is to deny, every field
// that the schema does not describe. One marked "of_script" does where the code or reason_code beside it is of an error whose
// text a script gives. A text becomes "***", an object {}, a list [], anything else null. Immutable.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

class PersonalFields {
 public:
  // `schemas`: a JSON object of schemas by name.
  explicit PersonalFields(std::string_view schemas);

  // The answer with its personal fields masked, as JSON text. What is no JSON is masked as a whole.
  [[nodiscard]] std::string mask(const std::string& schema, std::string_view answer) const;
  // The same of an error, whose detail is hidden where it may be a script's own words.
  [[nodiscard]] static std::string mask_problem(std::string_view problem);

 private:
  void mask_value(boost::json::value& value, const boost::json::value* schema) const;
  [[nodiscard]] const boost::json::object* resolve(const boost::json::value* schema) const;

  boost::json::value schemas_;
};

}  // namespace baton
