// A verb of the command line as plain data; cli.cpp makes the parser from it. Each verb has its own file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace baton {

struct Cli;

struct CliOption {
  std::string name;  // "--input", "-n,--number", or without dashes a positional argument.
  std::string help;
  std::variant<std::string*, bool*, std::vector<std::string>*> target;  // A vector takes several.
  bool required = false;
};

struct Verb {
  std::string name;
  std::string summary;
  std::string examples;  // Lines for the end of --help.
  std::vector<CliOption> options;
  std::function<int()> run;     // Returns the exit code; see gateway/cli.hpp.
  std::vector<Verb> verbs;      // Where the verb has verbs of its own.
  std::shared_ptr<void> state;  // Owns what the options point to.
};

Verb serve_verb(Cli& cli);
Verb dev_verb(Cli& cli);
Verb deploy_verb(Cli& cli);
Verb check_verb(Cli& cli);
Verb start_verb(Cli& cli);
Verb ls_verb(Cli& cli);
Verb show_verb(Cli& cli);
Verb why_verb(Cli& cli);
Verb batch_verb(Cli& cli);
Verb pauses_verb(Cli& cli);
Verb whatif_verb(Cli& cli);
Verb signal_verb(Cli& cli);
Verb query_verb(Cli& cli);
Verb update_verb(Cli& cli);
Verb settle_verb(Cli& cli);
Verb tasks_verb(Cli& cli);
Verb queues_verb(Cli& cli);
Verb alerts_verb(Cli& cli);
Verb rota_verb(Cli& cli);
Verb covers_verb(Cli& cli);
Verb cancel_verb(Cli& cli);
Verb retry_verb(Cli& cli);
Verb incidents_verb(Cli& cli);
Verb messages_verb(Cli& cli);
Verb schedules_verb(Cli& cli);
Verb send_verb(Cli& cli);
Verb clock_verb(Cli& cli);
Verb test_verb(Cli& cli);
Verb bench_verb(Cli& cli);
Verb store_verb(Cli& cli);
Verb audit_verb(Cli& cli);
Verb audit_export_verb(Cli& cli);
Verb audit_verify_verb(Cli& cli);
Verb audit_pack_verb(Cli& cli);
Verb audit_erase_verb(Cli& cli);
Verb patient_keys_verb(Cli& cli);
Verb witness_verb(Cli& cli);
Verb users_verb(Cli& cli);
Verb keys_verb(Cli& cli);

}  // namespace baton
