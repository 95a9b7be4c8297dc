// Errors as HTTP carries them: problem+json (RFC 9457). Pure.
#pragma once

#include "gateway/http/http_types.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// {"type":"/errors/BT104","title":..,"status":404,"detail":..,"code":"BT104","cure":..,"errors":[..]}, and Retry-After with 429 and
// 503. The type is also a path of this server, where the error's page is.
[[nodiscard]] HttpResponse problem_of(const Error& error);

}  // namespace baton
