// /v1/dev/clock: moving time by hand. Only there when the server runs with a virtual clock.
#include "gateway/api/api_support.hpp"

namespace baton {
namespace {

constexpr Duration kLongestSettle{20'000};

// Nothing is in flight, and nothing that is due has yet to fire.
bool settled(const Node& node) {
  const auto next = node.next_due();
  return node.idle() && (!next || *next > node.now());
}

JsonText clock_json(const Node& node) {
  JsonWriter writer;
  writer.begin_object().field("now", format_instant(node.now()));
  if (const auto next = node.next_due()) writer.field("next_timer", format_instant(*next));
  writer.flag("idle", settled(node)).end_object();
  return std::move(writer).take();
}

// Answers once nothing is in flight, or after a while with "idle": false.
void answer_when_idle(ApiContext& context, const Answer& answer, Duration left) {
  if (!settled(context.node) && left.ms > 0) {
    context.loop.after(Duration{1},
                       [&context, answer, left] { answer_when_idle(context, answer, Duration{left.ms - 1}); });
    return;
  }
  answer(clock_json(context.node));
}

void send_clock(const std::shared_ptr<Responder>& responder, Result<JsonText> clock) {
  if (!clock) return send_error(*responder, clock.error());
  send_json(*responder, 200, std::move(*clock));
}

void set_clock(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const auto set = fields.text("set");
  const auto advance = fields.duration("advance");
  if (set.has_value() == advance.has_value()) fields.refuse("", "takes exactly one of 'set' and 'advance'", "");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  const auto at = set ? std::optional(parse_instant(*set)) : std::nullopt;
  if (at && !at->ok()) return send_error(responder, at->error());
  // Remembered as long as the clock is: until the server stops.
  const auto keyed = begin_keyed(context, request, std::move(responder), 200, &send_clock);
  if (!keyed) return;
  context.clock->set(at ? **at : context.node.now() + *advance);
  context.node.clock_was_set();
  answer_when_idle(context, keyed->answer, kLongestSettle);
}

}  // namespace

void add_clock_routes(HttpRouter& router, ApiContext& context) {
  if (context.clock == nullptr) return;
  router.add({"GET",
              "/v1/dev/clock",
              "getClock",
              "The virtual clock, and what is due next.",
              {{"settle", "true: answer only when nothing is in flight."}},
              "",
              "Clock",
              200,
              [&context](RoutedRequest request, Responder responder) {
                const auto settle = flag_of_query(request, "settle");
                if (!settle) return send_error(responder, settle.error());
                const auto shared = std::make_shared<Responder>(std::move(responder));
                const auto answer = [shared](Result<JsonText> clock) { send_clock(shared, std::move(clock)); };
                answer_when_idle(context, answer, settle->value_or(false) ? kLongestSettle : Duration{0});
              }});
  router.add({"POST",
              "/v1/dev/clock",
              "setClock",
              "Set or advance the virtual clock; timers fire.",
              {},
              "ClockChange",
              "Clock",
              200,
              [&context](RoutedRequest request, Responder responder) {
                set_clock(context, std::move(request), std::move(responder));
              }});
}

}  // namespace baton
