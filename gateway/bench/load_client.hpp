// The load generator of `baton bench`: plain HTTP/1.1 over kept connections, one request under way on each. One thread,
// epoll, no allocation worth naming, so that it leaves the machine to the server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

struct LoadResult {
  double seconds = 0;
  std::vector<double> latencies_ms;  // One an answer, in order of arrival.
  std::uint64_t refused = 0;         // Answers with another status than 2xx.
  std::string first_refusal;         // Its body.

  [[nodiscard]] double per_second() const;
  // Precondition: 0 <= part <= 1. Zero when there are no answers.
  [[nodiscard]] double percentile_ms(double part) const;
};

// Sends requests 0..count-1 over `connections` connections to 127.0.0.1:port. `request` gives the whole request's bytes
// (http_request makes them); `on_answer` may look at a body, and may be empty. Error: unreachable when a connection
// breaks.
[[nodiscard]] Result<LoadResult> run_load(std::uint16_t port, std::size_t connections, std::uint64_t count,
                                          const std::function<std::string(std::uint64_t)>& request,
                                          const std::function<void(std::uint64_t, const std::string&)>& on_answer = {});

// A figure with refusals in it means nothing. Error: conflict when there are any.
[[nodiscard]] Result<LoadResult> without_refusals(Result<LoadResult> load);

// The bytes of a request with a JSON body (or without one).
[[nodiscard]] std::string http_request(const std::string& method, const std::string& target, const std::string& body,
                                       const std::string& headers = "");

}  // namespace baton
