// Every error a caller can meet, in one table. A code is a stable name, an HTTP status and a page in docs/errors/
// (named <code>.md: cause and cure). Codes are never reused; new ones go to the end of their group.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton {

// X(enumerator, code, HTTP status, title)
#define BATON_ERROR_CODES(X)                                                              \
  /* 1xx: what a caller sent */                                                           \
  X(bad_json, "BT101", 400, "The body is not valid JSON")                                 \
  X(bad_field, "BT102", 400, "A field is missing or has the wrong type")                  \
  X(too_large, "BT103", 413, "The input is larger than the limit")                        \
  X(not_found, "BT104", 404, "There is no such thing here")                               \
  X(conflict, "BT105", 409, "The thing is no longer in the state that this needs")        \
  X(bad_text, "BT106", 400, "The text is not valid UTF-8")                                \
  X(bad_duration, "BT107", 400, "This is not a duration")                                 \
  X(bad_time, "BT108", 400, "This is not a time")                                         \
  X(bad_cron, "BT109", 400, "This is not a cron expression")                              \
  X(bad_calendar, "BT110", 400, "This is not a business calendar")                        \
  X(unknown_time_zone, "BT111", 400, "There is no such time zone")                        \
  X(already_exists, "BT112", 409, "Something with this id exists already")                \
  X(method_not_allowed, "BT113", 405, "This path does not take that method")              \
  X(idempotency_mismatch, "BT114", 422, "This idempotency key was used for another body") \
  X(bad_cursor, "BT115", 400, "This cursor was not issued here")                          \
  X(unsupported_media_type, "BT116", 415, "This content type is not taken here")          \
  X(bad_query, "BT117", 400, "This search cannot be understood")                          \
  X(not_permitted, "BT118", 403, "This person or role may not do that")                   \
  X(bad_http, "BT119", 400, "This is not an HTTP request")                                \
  X(headers_too_large, "BT120", 431, "The headers are larger than the limit")             \
  X(invalid_form, "BT121", 422, "The form does not validate")                             \
  X(hook_refused, "BT122", 422, "The workflow refuses that")                              \
  X(task_on_hold, "BT123", 409, "The task is on hold")                                    \
  X(wrong_unit, "BT124", 403, "The task belongs to another unit")                         \
  X(duties_conflict, "BT125", 403, "Another person has to decide this")                   \
  X(unknown_preview, "BT126", 409, "The preview is unknown or has expired")               \
  X(too_many_matches, "BT127", 422, "More things match than a batch may hold")            \
  X(what_if_ended, "BT128", 404, "The what-if has ended")                                 \
  /* 2xx: load and life of the server */                                                  \
  X(overloaded, "BT201", 429, "More work is in flight than this server accepts")          \
  X(stopping, "BT202", 503, "The server is stopping")                                     \
  X(request_timeout, "BT203", 408, "The request took too long to arrive")                 \
  X(too_many_connections, "BT204", 503, "More connections are open than allowed")         \
  X(query_too_long, "BT205", 422, "The question takes too long to answer")                \
  /* 3xx: bundles and scripts */                                                          \
  X(bad_bundle, "BT301", 422, "The bundle cannot be deployed")                            \
  X(unknown_workflow, "BT302", 404, "No live bundle defines this workflow")               \
  X(script_error, "BT303", 422, "The script raised an error")                             \
  X(script_syntax, "BT304", 422, "The script does not compile")                           \
  X(script_memory, "BT305", 422, "The script used more memory than its budget")           \
  X(script_instructions, "BT306", 422, "The script ran longer than its budget")           \
  X(replay_mismatch, "BT307", 409, "The script no longer does what its journal says")     \
  X(retries_exhausted, "BT308", 409, "An activity failed on its last attempt")            \
  X(not_serializable, "BT309", 422, "This value cannot be stored as JSON")                \
  X(unknown_activity, "BT310", 422, "The bundle has no such activity")                    \
  X(update_rejected, "BT311", 422, "The workflow's validator refused the update")         \
  X(unknown_query, "BT312", 404, "The workflow has no such query or update")              \
  X(activity_timeout, "BT313", 409, "An activity ran out of time")                        \
  X(run_timeout, "BT314", 409, "The workflow ran out of time")                            \
  X(child_failed, "BT315", 409, "A child workflow failed")                                \
  X(cancelled, "BT316", 409, "The work was cancelled")                                    \
  X(stale_bundle, "BT317", 409, "Open instances cannot move to this bundle")              \
  /* 4xx: clinical input */                                                               \
  X(bad_hl7, "BT401", 422, "This is not an HL7 v2 message")                               \
  X(unmapped_message, "BT402", 422, "No mapping takes this message")                      \
  X(bad_event, "BT403", 422, "The mapped event is incomplete")                            \
  X(bad_frame, "BT404", 400, "The MLLP frame is broken")                                  \
  /* 5xx: the store */                                                                    \
  X(store_rolled_back, "BT501", 503, "The store is older than what was acknowledged")     \
  X(store_corrupt, "BT502", 503, "The store is damaged")                                  \
  X(store_failed, "BT503", 503, "The store failed to write")                              \
  X(store_locked, "BT504", 409, "Another process has the store open")                     \
  X(store_version, "BT505", 503, "The store was written by a newer Baton")                \
  X(keys_unusable, "BT506", 503, "The key store cannot be used")                          \
  X(erased, "BT507", 410, "The person's data was erased")                                 \
  X(seal_broken, "BT508", 503, "A sealed value was changed")                              \
  /* 6xx: the ledger */                                                                   \
  X(ledger_mismatch, "BT601", 409, "The ledger does not match its proof")                 \
  X(bad_checkpoint, "BT602", 422, "The checkpoint or its signature is wrong")             \
  X(entry_pruned, "BT603", 410, "The record was pruned from this ledger")                 \
  X(held, "BT604", 409, "A legal hold forbids this")                                      \
  X(not_exported, "BT605", 422, "The records are not in the export that was shown")       \
  /* 7xx: this machine */                                                                 \
  X(bad_config, "BT701", 400, "The configuration is wrong")                               \
  X(io_failed, "BT702", 500, "A file or socket failed")                                   \
  X(unreachable, "BT703", 503, "The server does not answer")                              \
  /* 8xx: sign-in and rights */                                                           \
  X(not_signed_in, "BT801", 401, "Nobody is signed in")                                   \
  X(session_ended, "BT802", 401, "The session has ended")                                 \
  X(sign_in_failed, "BT803", 401, "The sign-in failed")                                   \
  X(bad_credential, "BT804", 401, "The key, token or certificate is not accepted")        \
  X(step_up_needed, "BT805", 401, "This needs a fresh sign-in")                           \
  X(forged_request, "BT806", 403, "The request does not come from the console")           \
  X(no_permission, "BT807", 403, "The role does not have the right to do that")           \
  X(role_not_held, "BT808", 403, "The person does not hold this role")                    \
  X(too_many_attempts, "BT809", 429, "Too many sign-ins have failed")                     \
  X(provider_failed, "BT810", 503, "The sign-in provider cannot be used")                 \
  X(used_link, "BT811", 401, "The link was used or has expired")

enum class ErrorCode : std::uint16_t {
#define BATON_X(name, code, status, title) name,
  BATON_ERROR_CODES(BATON_X)
#undef BATON_X
};

// How many there are: the enumerators go from 0.
inline constexpr int kErrorCodes = 0
#define BATON_X(name, code, status, title) +1
    BATON_ERROR_CODES(BATON_X)
#undef BATON_X
    ;

// "BT101"; the page is docs/errors/BT101.md.
[[nodiscard]] std::string_view code_of(ErrorCode code) noexcept;
// The HTTP status that carries this error.
[[nodiscard]] int http_status_of(ErrorCode code) noexcept;
// One sentence, the same for every occurrence.
[[nodiscard]] std::string_view title_of(ErrorCode code) noexcept;

}  // namespace baton
