// /v1/live: what has changed, as server-sent events.
#include "gateway/api/api_support.hpp"

namespace baton {
namespace {

void watch(ApiContext& context, RoutedRequest request, Responder responder) {
  LiveFilter filter;
  const std::string topics = text_of_query(request, "topic");
  std::size_t from = 0;
  while (from < topics.size()) {
    const std::size_t comma = std::min(topics.find(',', from), topics.size());
    const std::string topic = topics.substr(from, comma - from);
    static const std::set<std::string> kTopics{"instance", "task",    "alert", "incident",
                                               "patient",  "message", "batch", "update"};
    if (!kTopics.contains(topic)) {
      return send_error(responder, {ErrorCode::bad_query, "'" + topic + "' is no topic",
                                    "instance, task, alert, incident, patient, message, batch or update"});
    }
    filter.topics.insert(topic);
    from = comma + 1;
  }
  filter.patient = text_of_query(request, "patient");
  filter.hide_patients = !request.http.caller || !request.http.caller->may("patient.read");
  filter.id = text_of_query(request, "id");
  if (request.http.caller) filter.allowed = context.door.access.still_admitted(request.http, "live.watch");
  const auto gather = flag_of_query(request, "gather");
  if (!gather) return send_error(responder, gather.error());
  filter.gather = gather->value_or(false);
  std::string last(request.http.header("Last-Event-ID"));
  if (last.empty()) last = text_of_query(request, "last_event_id");
  context.live.attach(std::move(responder), std::move(filter), last);
}

}  // namespace

void add_live_routes(HttpRouter& router, ApiContext& context) {
  router.add(
      {"GET",
       "/v1/live",
       "watchLive",
       "What has changed, as server-sent events. Last-Event-ID goes on where a client stopped.",
       {{"topic", "instance, task, alert, incident, patient, message, batch, update; several with commas between."},
        {"patient", "Only about this patient."},
        {"id", "Only about this thing."},
        {"gather", "true: the event many, with a topic, in place of very many changes at once."},
        {"last_event_id", "As the header Last-Event-ID, for clients that cannot set it."}},
       "",
       "text/event-stream",
       200,
       [&context](RoutedRequest request, Responder responder) {
         watch(context, std::move(request), std::move(responder));
       }});
}

}  // namespace baton
