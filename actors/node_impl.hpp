// The node's composition root: all parts, in the order in which they need each other, and how they meet. For the node's
// own files. Thread contract: as node.hpp; members are set up in open() and not changed afterwards.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "actors/activity_pool.hpp"
#include "actors/actor_runtime.hpp"
#include "actors/alarms.hpp"
#include "actors/batches.hpp"
#include "actors/bundle_check.hpp"
#include "actors/bundle_registry.hpp"
#include "actors/commit_path.hpp"
#include "actors/deciding_actor.hpp"
#include "actors/deployments.hpp"
#include "actors/erasures.hpp"
#include "actors/ingest.hpp"
#include "actors/lanes.hpp"
#include "actors/ledger_signer.hpp"
#include "actors/live_views.hpp"
#include "actors/node.hpp"
#include "actors/outbox_flow.hpp"
#include "actors/replies.hpp"
#include "actors/retention.hpp"
#include "actors/router.hpp"
#include "actors/schedules.hpp"
#include "actors/standing_pauses.hpp"
#include "actors/timer_service.hpp"
#include "actors/watchman.hpp"
#include "persistence/committer.hpp"
#include "persistence/high_water_mark.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/store.hpp"
#include "runtime/engine/reproduce.hpp"

namespace baton {

class Node::Impl : public EffectPort {
 public:
  explicit Impl(NodeOptions given);
  ~Impl() override;

  // node_open.cpp
  [[nodiscard]] Status open();
  void close();

  // node_requests.cpp
  void submit(Request request, Answer answer, Rider rider = {}, Reached at = Reached::seen);
  void take(StartRequest request, std::uint64_t token);
  void take(InstanceRequest request, std::uint64_t token);
  void take(AcceptRequest request, std::uint64_t token);
  void take(ReplayMessage request, std::uint64_t token);
  void take(DiscardMessage request, std::uint64_t token);
  void take(DeployRequest request, std::uint64_t token);
  void take(CheckRequest request, std::uint64_t token);
  void take(ScheduleRequest request, std::uint64_t token);
  void take(BatchRequest request, std::uint64_t token);
  void take(PauseRequest request, std::uint64_t token);
  void take(RecordAccess request, std::uint64_t token);
  void take(EraseRequest request, std::uint64_t token);
  void take(RotateKeys request, std::uint64_t token);
  void take(PlaceHold request, std::uint64_t token) { retention->place(std::move(request), token); }
  void take(LiftHold request, std::uint64_t token) { retention->lift(std::move(request), token); }
  void take(PruneRequest request, std::uint64_t token) { retention->prune(std::move(request), token); }
  [[nodiscard]] std::string make_instance_id(const std::string& workflow);
  [[nodiscard]] Result<std::vector<Entry>> whole_journal(const std::string& instance) const;
  [[nodiscard]] Result<Reproduction> reproduce(const std::string& instance) const;

  // node_effects.cpp: what happens once a turn is durable, and just before.
  void get_ready_for(const Turn& turn);
  void hurry(Consumed& consumed, Turn& turn) override;
  void settle(const Consumed& consumed) override;
  void release(const Consumed& consumed, std::vector<Effect> effects, std::vector<Reply> replies) override;
  void release(Effect effect);
  void after_round();
  void give(std::vector<Reply> given) override { replies.give(std::move(given)); }
  void add_riders(Turn& turn) override;

  // node_stepped.cpp
  bool run_one();

  [[nodiscard]] NodeMetrics metrics() const;
  [[nodiscard]] bool idle() const;

  NodeOptions options;
  std::shared_ptr<Clock> clock;
  Replies replies;
  LiveViews views;
  std::unique_ptr<Store> store;
  std::unique_ptr<HighWaterMark> mark;
  std::unique_ptr<LocalCommitLog> log;
  std::optional<StoreReader> reader;
  std::unique_ptr<BundleRegistry> bundles;
  std::unique_ptr<Alarms> alarms;
  std::unique_ptr<ActorRuntime> actors;
  std::unique_ptr<Router> router;
  std::unique_ptr<Lanes> lanes;
  std::unique_ptr<OutboxFlow> outbox;
  std::unique_ptr<Committer> committer;
  std::unique_ptr<CommitPath> path;
  std::unique_ptr<LedgerSigner> signer;
  std::optional<ActorParts> parts;
  std::unique_ptr<ActivityPool> activities;
  // Of the round that is being released. Used by the committer's thread only.
  std::vector<ActivityOrder> orders;
  std::size_t messages_of_round = 0, deliveries_of_round = 0;
  std::vector<std::string> rows_of_round;
  std::unique_ptr<TimerService> timers;
  std::unique_ptr<Ingest> ingest;
  std::unique_ptr<Schedules> schedules;
  std::unique_ptr<StandingPauses> pauses;
  std::unique_ptr<Batches> batches;
  std::unique_ptr<BundleCheck> check;
  std::unique_ptr<Deployments> deployments;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<Erasures> erasures;
  std::unique_ptr<Watchman> watchman;  // Null in a stepped node.

  std::mt19937_64 random;  // Stepped: the order of steps. Used by the caller's thread only.
  std::uint64_t id_salt = 0;
  std::atomic<std::uint64_t> next_id{0};
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<bool> stopping{false};

 private:
  [[nodiscard]] Status open_store();
  [[nodiscard]] Status look_at_disk(const std::string& directory);
  [[nodiscard]] Status look_for_remains(const std::string& directory) const;
  [[nodiscard]] std::string key_store_path(const std::string& directory) const;
  [[nodiscard]] Status open_keys(const std::string& directory);
  [[nodiscard]] Status open_committer();
  void open_actors();
  [[nodiscard]] Status open_signer();
  [[nodiscard]] Result<NoteSigningKey> ledger_key() const;
  void record_start();
  void record_configuration();
  // Of the watchman: runs the next closed instance again, round and round.
  [[nodiscard]] Watchman::Replayed replay_next();
  void look_at_clock();
  std::string clock_was_;      // As the last record said it. Of the watchman's thread after the start.
  std::string replay_cursor_;  // Of the watchman's thread.
  [[nodiscard]] std::string clock_state() const;
  [[nodiscard]] std::string configuration_hash() const;
  void record_disclosure(const PendingRecord& pending, const HttpCall& call, std::function<void()> then);
  void record_jump(Duration by);
  caf::actor spawn(const Address& address);
};

}  // namespace baton
