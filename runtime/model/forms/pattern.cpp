#include "runtime/model/forms/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace baton::forms {
namespace {

constexpr std::int64_t kPatternMemory = 1 << 20;

// General categories by their long names, which RE2 does not know.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kCategories = {{{"Letter", "L"},
                                                                                        {"Lowercase_Letter", "Ll"},
                                                                                        {"Uppercase_Letter", "Lu"},
                                                                                        {"Titlecase_Letter", "Lt"},
                                                                                        {"Modifier_Letter", "Lm"},
                                                                                        {"Other_Letter", "Lo"},
                                                                                        {"Mark", "M"},
                                                                                        {"Number", "N"},
                                                                                        {"Decimal_Number", "Nd"},
                                                                                        {"Letter_Number", "Nl"},
                                                                                        {"Other_Number", "No"},
                                                                                        {"Punctuation", "P"},
                                                                                        {"Symbol", "S"},
                                                                                        {"Separator", "Z"},
                                                                                        {"Space_Separator", "Zs"},
                                                                                        {"Control", "Cc"}}};

// \p{Letter} and \p{Script=Greek}, as RE2 writes them: the text between the braces.
std::string property_name(std::string_view name) {
  const std::size_t equals = name.find('=');
  if (equals != std::string_view::npos) name.remove_prefix(equals + 1);
  for (const auto& [known, category] : kCategories) {
    if (name == known) return std::string(category);
  }
  return std::string(name);
}

// ECMA-262 writes a code point as \uXXXX or \u{X..}, and a control character as \cX; RE2 has \x{X..} for both.
std::string as_re2(std::string_view expression) {
  std::string out;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] != '\\' || i + 1 == expression.size()) {
      out.push_back(expression[i]);
      continue;
    }
    const char kind = expression[i + 1];
    if (kind == 'u' && i + 5 < expression.size() && expression[i + 2] != '{') {
      out += "\\x{" + std::string(expression.substr(i + 2, 4)) + "}";
      i += 5;
    } else if (kind == 'u') {
      out += "\\x";
      ++i;
    } else if ((kind == 'p' || kind == 'P') && i + 2 < expression.size() && expression[i + 2] == '{') {
      const std::size_t end = std::min(expression.find('}', i), expression.size());
      out += std::string("\\") + kind + "{" + property_name(expression.substr(i + 3, end - i - 3)) + "}";
      i = std::min(end, expression.size() - 1);
    } else if (kind == 'c' && i + 2 < expression.size()) {
      constexpr char kHex[] = "0123456789abcdef";
      const auto control = static_cast<unsigned char>(expression[i + 2] % 32);
      out += std::string("\\x") + kHex[control >> 4] + kHex[control & 15];
      i += 2;
    } else {
      out.push_back('\\');
      out.push_back(kind);
      ++i;
    }
  }
  return out;
}

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(const std::string& expression, const re2::RE2::Options& options) : re(expression, options) {}
  re2::RE2 re;
};

Result<Pattern> Pattern::compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  Pattern pattern;
  pattern.expression_ = expression;
  const auto compiled = std::make_shared<const Compiled>(as_re2(expression), options);
  if (!compiled->re.ok()) {
    return Error{ErrorCode::bad_bundle, "the pattern '" + pattern.expression_ + "': " + compiled->re.error(),
                 "use what a linear search can match: no look-around, no back-references"};
  }
  pattern.compiled_ = compiled;
  return pattern;
}

bool Pattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re);
}

}  // namespace baton::forms
