#include "runtime/base/result.hpp"

namespace baton {

std::string to_string(const Error& error) {
  std::string text(code_of(error.code));
  text += ": ";
  text += error.detail.empty() ? std::string(title_of(error.code)) : error.detail;
  if (!error.cure.empty()) text += "; " + error.cure;
  return text;
}

}  // namespace baton
