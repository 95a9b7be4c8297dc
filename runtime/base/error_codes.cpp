#include "runtime/base/error_codes.hpp"

#include <array>

namespace baton {
namespace {

struct Row {
  std::string_view code;
  int status;
  std::string_view title;
};

constexpr std::array kRows = {
#define BATON_X(name, code, status, title) Row{code, status, title},
    BATON_ERROR_CODES(BATON_X)
#undef BATON_X
};

const Row& row_of(ErrorCode code) noexcept { return kRows[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view code_of(ErrorCode code) noexcept { return row_of(code).code; }
int http_status_of(ErrorCode code) noexcept { return row_of(code).status; }
std::string_view title_of(ErrorCode code) noexcept { return row_of(code).title; }

}  // namespace baton
