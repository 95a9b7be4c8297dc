// baton store: what an operator decides about a store that is not running.
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "gateway/cli/cli_support.hpp"
#include "gateway/config/config.hpp"
#include "persistence/accepted_loss.hpp"
#include "persistence/high_water_mark.hpp"
#include "persistence/ledger/checkpoint_copy.hpp"
#include "persistence/local_commit_log.hpp"

namespace baton {
namespace {

struct StoreArguments {
  std::string data, reason;
};

Instant now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

// Of the operating system: who runs this command.
std::string os_account() {
  const passwd* const user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_name : "uid " + std::to_string(::getuid());
}

int accept_loss_of(const Cli& cli, const StoreArguments& arguments) {
  std::map<std::string, std::string> flags;
  if (!arguments.data.empty()) flags.emplace("data", arguments.data);
  const auto config = load_config("", baton_variables(), flags);
  if (!config) return fail(cli, config.error());
  StoreOptions options;
  options.path = config->data + "/store";
  if (!std::filesystem::exists(options.path + "/CURRENT")) {
    return fail(cli, {ErrorCode::not_found, "there is no store in " + options.path, "give --data the server's folder"});
  }
  const std::string signed_last = config->data + "/ledger.checkpoint";
  auto checkpoint = checkpoint_in_copy(signed_last);
  if (!checkpoint) return fail(cli, checkpoint.error());
  options.may_begin = false;
  const auto store = Store::open(options);
  if (!store) return fail(cli, store.error());
  const auto mark = HighWaterMark::open(nullptr, config->data + "/high_water_mark");
  if (!mark) return fail(cli, mark.error());
  AcceptedLoss loss;
  loss.by.kind = PrincipalKind::person;
  loss.by.subject = cli.subject.empty() ? os_account() : cli.subject;
  loss.by.role = cli.role;
  loss.by.authentication = "local";
  loss.reason = arguments.reason;
  loss.now = now();
  loss.signed_last = *std::move(checkpoint);
  LocalCommitLog log(**store);
  if (const Status status = accept_loss(**store, log, **mark, loss); !status) return fail(cli, status.error());
  // What was signed over the lost records can never be extended again; it is kept as evidence of them.
  std::error_code failed;
  std::filesystem::rename(signed_last, signed_last + ".lost", failed);
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return fail(cli,
                {ErrorCode::io_failed,
                 "the loss is accepted and recorded, but " + signed_last + " cannot be set aside: " + failed.message(),
                 "rename it to ledger.checkpoint.lost by hand: the server does not start beside it"});
  }
  return done(cli, boost::json::object{{"accepted", true}}, "the loss is accepted and recorded; the server may start");
}

}  // namespace

Verb store_verb(Cli& cli) {
  auto arguments = std::make_shared<StoreArguments>();
  return {"store",
          "Decide about a store that does not start",
          "  baton store accept-loss --reason 'restored from last night'",
          {},
          nullptr,
          {{"accept-loss",
            "Go on with a store that is older than what was acknowledged; recorded in the audit ledger",
            "  baton store accept-loss --data ./baton-data --as j.doe --reason 'restored from last night'",
            {{"--reason", "Why; it is recorded", &arguments->reason, true},
             {"--data", "Folder of the store; ./baton-data if not given", &arguments->data}},
            [&cli, arguments] { return accept_loss_of(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
