// The bundles that were ever deployed here, and which of them are live. Every deployed bundle stays runnable for ever:
// its files are in the store, and it is compiled when an instance needs it. Thread-safe.
//
// Rows, all written by deployments:
//   bundles/<hash>                    u8(1) bytes(name) varint(count) { bytes(path) bytes(content) }
//   deployments/live/<name>           the hash that is live under this name
//   deployments/at/<time>/<name>      {"at","by","hash","name","check","report"}: the history; see deployments.hpp
//   deployments/report/<SHA-256>      what a check found, where it found something
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/store_reader.hpp"
#include "runtime/engine/patient.hpp"
#include "runtime/model/turn.hpp"
#include "runtime/script/program.hpp"

namespace baton {

// What is live at one moment. Immutable.
struct LiveBundles {
  std::map<std::string, std::shared_ptr<const Program>, std::less<>> by_name;
  std::map<std::string, std::shared_ptr<const Program>, std::less<>> by_workflow;
  std::vector<Subscription> subscriptions;  // Point into the programs above.
};

// A bundle as it was deployed once, by its hash; nothing when it never was. Errors: of reading the store.
struct StoredBundle {
  std::string name;
  BundleFiles files;
};
[[nodiscard]] Result<std::optional<StoredBundle>> stored_bundle(const StoreReader& reader, std::string_view hash);

class BundleRegistry : public ProgramSource {
 public:
  // `compiled`: programs that need not be compiled again when the same files come.
  explicit BundleRegistry(StoreReader reader, std::vector<std::shared_ptr<const Program>> compiled = {});

  // Reads what is live. A bundle that cannot be compiled any more is logged and left out. Errors: the reader's.
  [[nodiscard]] Status load();

  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view hash) const override;
  [[nodiscard]] std::shared_ptr<const LiveBundles> live() const;

  // A deployment that was checked and can be committed.
  struct Planned {
    std::shared_ptr<const Program> program;
    std::vector<Change> changes;  // None when this very bundle is live already.
  };
  // Compiles. Errors: bad_bundle, script_syntax, script_error.
  [[nodiscard]] Result<std::shared_ptr<const Program>> compile(std::string name, BundleFiles files) const;
  // The next plan() sees this one as done, so it must be committed. `history` is the row of the history. Error:
  // bad_bundle when a workflow's name is taken by another live bundle.
  [[nodiscard]] Result<Planned> plan(std::shared_ptr<const Program> program, JsonText history, Instant now);
  // What is live under this name once all that was planned is; null when nothing is.
  [[nodiscard]] std::shared_ptr<const Program> latest(std::string_view name) const;
  // Whether this very bundle has been live, by what the store has.
  [[nodiscard]] bool was_deployed(std::string_view hash) const;
  // Its turn is durable.
  void publish(const std::shared_ptr<const Program>& program);

 private:
  using Programs = std::map<std::string, std::shared_ptr<const Program>, std::less<>>;

  [[nodiscard]] Result<std::shared_ptr<const Program>> compile_stored(std::string_view hash) const;
  void remember(const std::shared_ptr<const Program>& program) const;
  // Under the lock.
  void keep_recent(const std::shared_ptr<const Program>& program) const;
  [[nodiscard]] Status check_names(const Program& program) const;
  [[nodiscard]] static std::shared_ptr<const LiveBundles> live_of(const Programs& programs);

  const StoreReader reader_;
  const std::vector<std::shared_ptr<const Program>> compiled_;
  mutable std::mutex mutex_;
  Programs planned_;  // By name, with deployments that are being committed.
  std::shared_ptr<const LiveBundles> live_;
  // Compiled ones that are not live, newest use first.
  mutable std::list<std::shared_ptr<const Program>> recent_;
  mutable std::set<std::string, std::less<>>
      unusable_;  // Stored ones that cannot be compiled: tried once, and said once.
};

}  // namespace baton
