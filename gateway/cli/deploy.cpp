// baton deploy, baton check: bundles.
#include <boost/json.hpp>
#include <iostream>

#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct BundleArguments {
  std::string folder, name;
  bool accept = false;
};

Result<std::string> body_of(const BundleArguments& arguments, bool deploying) {
  auto bundle = read_bundle_folder(arguments.folder);
  if (!bundle) return std::move(bundle).error();
  JsonWriter writer;
  writer.begin_object().field("name", arguments.name.empty() ? bundle->name : arguments.name);
  writer.key("files").begin_object();
  for (const auto& [path, text] : bundle->files) {
    if (!is_valid_utf8(text)) return Error{ErrorCode::bad_text, path + " is not UTF-8", "save it as UTF-8"};
    writer.field(path, text);
  }
  writer.end_object();
  if (deploying && arguments.accept) writer.flag("accept_findings", true);
  writer.end_object();
  return std::move(writer).take();
}

// `counts`: an object with the counts of a check.
std::string text_of_counts(const boost::json::value& counts) {
  return field_text(counts, "checked") + " open instances: " + field_text(counts, "same") + " the same, " +
         field_text(counts, "safe") + " safe, " + field_text(counts, "needs_patch") + " need a patch, " +
         field_text(counts, "impossible") + " impossible";
}

// Whoever checks a bundle from a folder of another name learns that its cases were not looked at.
std::string text_of_elsewhere(const boost::json::value& report) {
  const auto* const by_workflow = report.as_object().if_contains("elsewhere_of");
  if (by_workflow == nullptr || !by_workflow->is_object() || by_workflow->as_object().empty()) return {};
  std::string workflows;
  for (const auto& [workflow, open] : by_workflow->as_object()) {
    workflows += (workflows.empty() ? "" : ", ") + std::string(workflow) + " (" + boost::json::serialize(open) + ")";
  }
  return "not looked at: " + field_text(report, "elsewhere") +
         " open instances of workflows that neither this bundle nor '" + field_text(report, "name") +
         "', as it is live now, defines: " + workflows +
         ". They stay on their bundles. Where one of these was meant to be replaced, say which with --name\n";
}

int deploy(const Cli& cli, const BundleArguments& arguments) {
  const auto body = body_of(arguments, true);
  if (!body) return fail(cli, body.error());
  const auto answer = call_api(cli, "POST", "/v1/bundles", *body);
  if (!answer) return fail(cli, answer.error());
  const bool changed = field_text(*answer, "changed") != "false";
  const std::string workflows = field_text(*answer, "workflows");  // A bundle may have mappings alone.
  const auto* counts = answer->is_object() ? answer->as_object().if_contains("check") : nullptr;
  std::string checked;
  if (counts != nullptr && field_text(*counts, "checked") != "0") checked = "\n" + text_of_counts(*counts);
  return done(cli, *answer,
              (changed ? "deployed " : "already live: ") + field_text(*answer, "name") + " " +
                  field_text(*answer, "hash") + (workflows.empty() ? "" : " with " + workflows) + checked);
}

int check(const Cli& cli, const BundleArguments& arguments) {
  const auto body = body_of(arguments, false);
  if (!body) return fail(cli, body.error());
  const auto answer = call_api(cli, "POST", "/v1/bundles/check", *body);
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
  } else {
    std::cout << text_of_counts(*answer) << "\n" << text_of_elsewhere(*answer);
    std::vector<std::vector<std::string>> rows{{"INSTANCE", "VERDICT", "JOURNAL", "SCRIPT", "MESSAGE"}};
    if (const auto* findings = answer->as_object().if_contains("findings");
        findings != nullptr && findings->is_array()) {
      for (const auto& finding : findings->as_array()) {
        const std::string told = field_text(finding, "told");
        rows.push_back({field_text(finding, "instance"), field_text(finding, "verdict"),
                        field_text(finding, "journal_line"), field_text(finding, "script_line"),
                        field_text(finding, "message") + (told.empty() ? "" : ": " + told)});
      }
    }
    if (rows.size() > 1) print_table(rows);
  }
  const bool all_can_move = field_text(*answer, "needs_patch") == "0" && field_text(*answer, "impossible") == "0";
  return static_cast<int>(all_can_move ? Exit::done : Exit::conflict);
}

}  // namespace

Verb deploy_verb(Cli& cli) {
  auto arguments = std::make_shared<BundleArguments>();
  return {"deploy",
          "Make a bundle live; running instances stay on theirs",
          "  baton deploy ./my-bundle\n  baton deploy ./my-bundle --name referrals",
          {{"folder", "The bundle's folder", &arguments->folder, true},
           {"--name", "Its name; the folder's if not given", &arguments->name},
           {"--accept-findings", "Deploy although open instances could not move to it: they stay where they are",
            &arguments->accept}},
          [&cli, arguments] { return deploy(cli, *arguments); },
          {},
          arguments};
}

Verb check_verb(Cli& cli) {
  auto arguments = std::make_shared<BundleArguments>();
  return {
      "check",
      "Replay every open instance against a bundle that is not live yet; exit code 5 when some could not move to it",
      "  baton check ./my-bundle\n  baton check ./my-bundle --json | jq .",
      {{"folder", "The bundle's folder", &arguments->folder, true},
       {"--name", "The name that it would replace; the folder's if not given", &arguments->name}},
      [&cli, arguments] { return check(cli, *arguments); },
      {},
      arguments};
}

}  // namespace baton
