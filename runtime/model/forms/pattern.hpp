// The regular expressions of JSON Schema (ECMA-262), matched in time linear in the text: RE2 underneath, so that no
// pattern of a bundle and no text of a person can make the server think for hours. Immutable; thread-safe. Pure.
//
// Not taken: look-around and back-references, which need backtracking. Such a pattern is refused when its bundle is
// deployed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton::forms {

class Pattern {
 public:
  // Error: bad_bundle, saying what of the pattern is not understood.
  [[nodiscard]] static Result<Pattern> compile(std::string_view expression);

  // True when the expression is found anywhere in the text, as JSON Schema wants it.
  [[nodiscard]] bool found_in(std::string_view text) const;
  [[nodiscard]] const std::string& expression() const { return expression_; }

 private:
  struct Compiled;
  std::string expression_;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace baton::forms
