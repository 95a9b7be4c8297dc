// What verbs share: talking to a server, and printing for people or for programs. One thread.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/verb.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// Exit codes; see gateway/cli.hpp.
enum class Exit : int { done = 0, failed = 1, usage = 2, unreachable = 3, not_found = 4, conflict = 5 };

// The options that every verb has.
struct Cli {
  bool json = false;
  // Which server, whom to trust, and who asks; what is empty comes from the environment, then from the client file.
  std::string client, url, ca, key;
  std::string subject;  // For whom, where the key may speak for others; empty: BATON_SUBJECT, else for its own service.
  std::string role;
  std::string unit;
};

// Calls the server. Errors: unreachable, or what the server's problem says.
[[nodiscard]] Result<boost::json::value> call_api(const Cli& cli, const std::string& method, const std::string& path,
                                                  const std::string& body = "",
                                                  const std::string& content_type = "application/json");
// The body of a GET as it is, for answers that are not JSON. Errors as above.
[[nodiscard]] Result<std::string> fetch_bytes(const Cli& cli, const std::string& path);
[[nodiscard]] std::string segment(std::string_view text);  // Percent-encoded for a path.

// Prints an error with its cure and page, and returns the exit code for it.
int fail(const Cli& cli, const Error& error);
int usage_error(const Cli& cli, const std::string& what, const std::string& cure);
int usage_error(const Cli& cli, const Error& error);
// Prints one JSON line.
void print_json(const boost::json::value& value);
// Prints `value` as JSON with --json, else calls nothing; for verbs whose answer is a sentence.
int done(const Cli& cli, const boost::json::value& value, const std::string& sentence);

// A table with aligned columns; the first row is its head.
void print_table(const std::vector<std::vector<std::string>>& rows);
// Text as a terminal may be given it. Control characters, but for line ends and tabs, become U+FFFD: what came from
// outside, such as a sender's control id, must not move the cursor, hide a line or rename the window of who reads it.
[[nodiscard]] std::string printable(std::string_view text);
// A field as people read it, printable: text without quotes, a list of texts with commas between, a failure's code and
// message, other values as JSON, nothing for what is absent.
[[nodiscard]] std::string field_text(const boost::json::value& object, std::string_view name);
// "2026-03-02 14:05" of an RFC 3339 text.
[[nodiscard]] std::string short_time(const std::string& text);

// An argument that is JSON, or text that is taken as a JSON string; "@file" reads a file, "-" reads standard input.
[[nodiscard]] Result<std::string> json_argument(const std::string& argument);
[[nodiscard]] Result<std::string> read_input(const std::string& file);

// A whole number from `least` to `most`. The error, for usage_error(), names the flag.
[[nodiscard]] Result<std::uint64_t> number_argument(const std::string& flag, const std::string& text,
                                                    std::uint64_t least = 0,
                                                    std::uint64_t most = std::numeric_limits<std::int64_t>::max());

// Fetches a listing that has no pages.
[[nodiscard]] Result<boost::json::array> fetch_list(const Cli& cli, const std::string& path);
// Fetches all pages of a listing, at most `limit` items. That there are more is said on standard error, without --json.
[[nodiscard]] Result<boost::json::array> fetch_items(const Cli& cli, const std::string& path_and_query,
                                                     std::size_t limit);

}  // namespace baton
