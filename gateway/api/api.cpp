#include "gateway/api/api_context.hpp"
#include "gateway/api/board.hpp"

namespace baton {

void add_api_routes(HttpRouter& router, ApiContext& context) {
  add_instance_routes(router, context);
  add_instance_message_routes(router, context);
  add_incident_routes(router, context);
  add_why_routes(router, context);
  add_batch_routes(router, context);
  add_pause_routes(router, context);
  add_slo_routes(router, context);
  add_what_if_routes(router, context);
  add_task_queue_routes(router, context);
  add_task_routes(router, context);
  add_alert_routes(router, context);
  add_roster_routes(router, context);
  add_bundle_routes(router, context);
  add_schedule_routes(router, context);
  add_message_routes(router, context);
  add_patient_routes(router, context);
  add_break_glass_routes(router, context);
  add_audit_routes(router, context);
  add_erasure_routes(router, context);
  add_live_routes(router, context);
  add_metrics_routes(router, context);
  add_board_routes(router, context);
  add_override_figure_routes(router, context);
  add_clock_routes(router, context);
  add_sign_in_routes(router, context);
  add_provider_sign_in_routes(router, context);
  add_people_routes(router, context);
  add_view_routes(router, context);
  add_document_routes(router, context);
}

}  // namespace baton
