// What every resource of the API needs: who asks, reading a JSON body, pages, and passing the node's answer on.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/api/api_context.hpp"
#include "gateway/http/problem.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/record_json.hpp"

namespace baton {

struct Standing;

// Who asks, as the guard of the routes has established it; "unknown" on routes that are open to everybody.
[[nodiscard]] Principal principal_of(const HttpRequest& request);
// What they are where units and shifts count (gateway/work/standing.hpp).
[[nodiscard]] Standing standing_of(const ApiContext& context, const RoutedRequest& request);

// The body as a JSON object; an empty body is an empty object. Errors: unsupported_media_type, bad_text, bad_json,
// bad_field when it is no object.
[[nodiscard]] Result<boost::json::object> read_object(const HttpRequest& request);
// A value as the text that the runtime carries; nothing for a null pointer.
[[nodiscard]] JsonText json_text_of(const boost::json::value* value);
// The same of a field that goes into a case; refuses one larger than limits::kPayloadSize.
[[nodiscard]] JsonText payload_of(JsonFields& fields, std::string_view name);
// Adds the errors of names: empty, too long, or with control characters. Error: bad_field.
[[nodiscard]] Status check_name(std::string_view field, std::string_view name);

// The query parameter as a length of time, at most `most`; nothing when absent. Errors: bad_duration.
[[nodiscard]] Result<std::optional<Duration>> duration_of_query(const RoutedRequest& request, std::string_view name,
                                                                Duration most);
[[nodiscard]] Result<std::optional<Instant>> instant_of_query(const RoutedRequest& request, std::string_view name);
[[nodiscard]] Result<std::optional<bool>> flag_of_query(const RoutedRequest& request, std::string_view name);
[[nodiscard]] std::string text_of_query(const RoutedRequest& request, std::string_view name);

struct PageRequest {
  std::string cursor;
  std::size_t limit = 100;
};
// From the parameters cursor and limit (1 to limits::kPageSize). Error: bad_query.
[[nodiscard]] Result<PageRequest> page_of_query(const RoutedRequest& request);
// For the routes' descriptions.
inline const std::vector<QueryRule> kPageRules = {{"cursor", "The field next of the page before."},
                                                  {"limit", "Items of a page, 1 to 1000; 100 if absent."}};
[[nodiscard]] std::vector<QueryRule> with_page_rules(std::vector<QueryRule> rules);

void send_json(Responder& responder, int status, JsonText json);
void send_error(Responder& responder, const Error& error);
// {"items":[..],"next":".."}: next is the cursor of the next page, absent at the end.
template <typename Record>
[[nodiscard]] JsonText page_json(const Page<Record>& page) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const Record& record : page.items) write_json(writer, record);
  writer.end_array().optional_field("next", page.cursor).end_object();
  return std::move(writer).take();
}

constexpr Duration kLongestWait{300'000};  // Of a long poll.

// Hands a request to the node, and its answer to the client: `status` and the answer's JSON ("{}" where it has none),
// or the error. With an Idempotency-Key the first answer is remembered for the same body, the same request meanwhile waits
// for it, and another body is refused.
// `refused`, where it is given, answers errors instead.
using Refused = std::function<void(const std::shared_ptr<Responder>&, const Error&)>;
void submit(ApiContext& context, const RoutedRequest& from, Responder responder, Request request, int status = 200,
            Refused refused = {});
// The same, with something to do with the answer, also with one that is known of the key. `then` runs on any thread; `at`, of a
// request without a key, as in Node::submit().
using Answered = std::function<void(std::shared_ptr<Responder>, Result<JsonText>)>;
void submit_keyed(ApiContext& context, const RoutedRequest& from, Responder responder, Request request, int status,
                  Answered then, Reached at = Reached::seen);
// What a request with a key is to do: write `rider`'s rows with what it does, and give `answer` what came of it, once. Nothing
// where the key has been answered, refused, or waits for the same request that is under way.
struct Keyed {
  Answer answer;
  Rider rider;  // Empty without a key.
};
[[nodiscard]] std::optional<Keyed> begin_keyed(ApiContext& context, const RoutedRequest& from, Responder responder,
                                               int status, Answered then);
// As submit_keyed(), whatever key it has.
void submit_then(ApiContext& context, Responder responder, Request request, Answered then, Rider rider = {},
                 Reached at = Reached::seen);

// Reads on the worker, so that a long listing does not hold up the sockets, and sends what `read` gives.
void read_and_send(ApiContext& context, Responder responder, std::function<Result<JsonText>(const StoreReader&)> read);

}  // namespace baton
