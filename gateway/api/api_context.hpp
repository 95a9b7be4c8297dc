// What the resources of the API work with. Everything is borrowed from the composition root, which outlives the routes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "gateway/api/idempotency.hpp"
#include "gateway/api/live_feed.hpp"
#include "gateway/api/question_lane.hpp"
#include "gateway/api/read_worker.hpp"
#include "gateway/api/wait_board.hpp"
#include "gateway/auth/front_door.hpp"
#include "gateway/auth/secret.hpp"
#include "gateway/http/http_router.hpp"
#include "gateway/work/roster.hpp"

namespace baton {

// One figure of listeners and connections, for the metrics.
struct ServerFigure {
  std::string name;  // "http_requests".
  const char* help;
  bool counter;  // Counted since the start; else as it is now.
  std::int64_t value;
};

struct ApiContext {
  Node& node;
  IoLoop& loop;
  WaitBoard& waits;
  LiveFeed& live;
  ReadWorker& reads;
  IdempotencyKeys& idempotency;
  FrontDoor& door;
  Roster& roster;
  ManualClock* clock = nullptr;  // Only with a virtual clock; then /v1/dev/clock is there.
  std::function<std::vector<ServerFigure>()> server_figures;
  std::string answer_secret = random_token();  // Under which answers are told apart; recorded_read.cpp.
  std::shared_ptr<QuestionLane> questions = std::make_shared<QuestionLane>();  // Stopped when the server stops.
};

// Each adds the routes of one resource.
void add_instance_routes(HttpRouter& router, ApiContext& context);
void add_instance_message_routes(HttpRouter& router, ApiContext& context);
void add_incident_routes(HttpRouter& router, ApiContext& context);
void add_batch_routes(HttpRouter& router, ApiContext& context);
void add_pause_routes(HttpRouter& router, ApiContext& context);
void add_slo_routes(HttpRouter& router, ApiContext& context);
void add_what_if_routes(HttpRouter& router, ApiContext& context);
void add_why_routes(HttpRouter& router, ApiContext& context);
void add_task_routes(HttpRouter& router, ApiContext& context);  // With those of actions.
void add_task_action_routes(HttpRouter& router, ApiContext& context);
void add_task_queue_routes(HttpRouter& router, ApiContext& context);
void add_roster_routes(HttpRouter& router, ApiContext& context);
void add_alert_routes(HttpRouter& router, ApiContext& context);
void add_bundle_routes(HttpRouter& router, ApiContext& context);
void add_schedule_routes(HttpRouter& router, ApiContext& context);
void add_message_routes(HttpRouter& router, ApiContext& context);
void add_patient_routes(HttpRouter& router, ApiContext& context);
void add_break_glass_routes(HttpRouter& router, ApiContext& context);
void add_audit_routes(HttpRouter& router, ApiContext& context);  // With the five below.
void add_audit_tile_routes(HttpRouter& router, ApiContext& context);
void add_audit_review_routes(HttpRouter& router, ApiContext& context);
void add_erasure_routes(HttpRouter& router, ApiContext& context);
void add_audit_export_routes(HttpRouter& router, ApiContext& context);
void add_audit_question_routes(HttpRouter& router, ApiContext& context);
void add_audit_retention_routes(HttpRouter& router, ApiContext& context);
void add_live_routes(HttpRouter& router, ApiContext& context);
void add_metrics_routes(HttpRouter& router, ApiContext& context);
void add_clock_routes(HttpRouter& router, ApiContext& context);
void add_sign_in_routes(HttpRouter& router, ApiContext& context);
void add_provider_sign_in_routes(HttpRouter& router, ApiContext& context);
void add_people_routes(HttpRouter& router, ApiContext& context);
void add_view_routes(HttpRouter& router, ApiContext& context);
// /openapi.json and /errors/{code}; after all others, since it describes them.
void add_document_routes(HttpRouter& router, ApiContext& context);

// All of the above.
void add_api_routes(HttpRouter& router, ApiContext& context);

}  // namespace baton
