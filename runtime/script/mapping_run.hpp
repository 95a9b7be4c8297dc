// Runs a bundle's mapping: a parsed message as JSON goes in, the JSON of its canonical events comes out. Deterministic,
// no IO, bounded as every script. Owned by one thread. Pure.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/json_text.hpp"
#include "runtime/script/program.hpp"

namespace baton {

class MappingRun {
 public:
  explicit MappingRun(std::shared_ptr<const Program> program);
  ~MappingRun();
  MappingRun(const MappingRun&) = delete;
  MappingRun& operator=(const MappingRun&) = delete;

  // Calls the mapping's `map(message)`. The result is a JSON array of events, possibly empty ("nothing to tell").
  // Errors: script_error with the mapping's line, unmapped_message when the mapping says so by returning nil and a reason, bad_field
  // when it also names the field that it needs.
  [[nodiscard]] Result<JsonText> map(const MappingDefinition& mapping, const JsonText& message);

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace baton
