// baton break-glass: to somebody's data without the right to it.
#include "gateway/cli/audit_verbs.hpp"
#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct GlassOptions {
  std::string patient, reason, reason_code;
};

int run(const Cli& cli, const GlassOptions& options) {
  JsonWriter body;
  body.begin_object().field("reason", options.reason).optional_field("reason_code", options.reason_code).end_object();
  const auto answer = call_api(cli, "POST", "/v1/patients/" + segment(options.patient) + "/break-glass", body.view());
  return answer ? done(cli, *answer,
                       "the data of " + options.patient + " is open to you until " +
                           short_time(field_text(*answer, "until")) + "; this is recorded and will be reviewed")
                : fail(cli, answer.error());
}

}  // namespace

Verb break_glass_verb(Cli& cli) {
  auto options = std::make_shared<GlassOptions>();
  return {"break-glass",
          "Open a person's data without the right to it, for a while; recorded, and reviewed",
          "  baton break-glass p-1 --reason 'unconscious in the resuscitation room' --as op-1 --as-role operator",
          {{"patient", "Patient id", &options->patient, true},
           {"--reason", "Why it cannot wait", &options->reason, true},
           {"--reason-code", "A code for the reason", &options->reason_code}},
          [&cli, options] { return run(cli, *options); },
          {},
          options};
}

}  // namespace baton
