// Opening and closing a node: what is built in which order, what is recovered before the first request, and who stops
// before whom.
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "actors/instance_subject.hpp"
#include "actors/interfaces.hpp"
#include "actors/log.hpp"
#include "actors/node_impl.hpp"
#include "actors/patient_subject.hpp"
#include "actors/time_attributes.hpp"
#include "persistence/durable_folder.hpp"
#include "persistence/keys/row_sealer.hpp"
#include "persistence/ledger/ledger_key_file.hpp"
#include "persistence/memory_env.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

namespace {

constexpr std::uintmax_t kFreeToStart = 16 << 20;  // Bytes. RocksDB aborts where it finds no room for its first files.
constexpr auto kFinishIn = std::chrono::seconds(5);  // What is in flight may take that long when the node stops.

std::uint64_t salt_of(const NodeOptions& options) {
  return options.stepped ? options.seed : (std::uint64_t{std::random_device{}()} << 32) ^ std::random_device{}();
}

}  // namespace

Node::Impl::Impl(NodeOptions given)
    : options(std::move(given)),
      clock(options.clock ? options.clock : system_clock()),
      replies(limits::kInFlightRequests),
      random(options.seed),
      id_salt(salt_of(options)) {
  if (!options.env && options.in_memory) options.env = make_memory_env();
}

Node::Impl::~Impl() { close(); }

Status Node::Impl::open() {
  for (const auto step : {&Impl::open_store, &Impl::open_committer}) {
    const Status status = (this->*step)();
    if (!status.ok()) return status;
  }
  open_actors();
  if (const Status status = open_signer(); !status.ok()) return status;
  if (const Status status = outbox->recover(); !status.ok()) return status;
  record_start();
  path->open();
  activities->recover();
  schedules->recover();
  pauses->begin({*clock, *reader, *lanes, *path, replies, *timers, *batches});
  batches->recover();
  pauses->recover();
  erasures->recover();
  retention->recover();
  signer->begin();
  if (!options.stepped) {
    watchman = std::make_unique<Watchman>(
        *store, Watchman::Ports{[this] { return replay_next(); }, [this] { look_at_clock(); }});
  }
  log::info("node opened store {}", store->identity());
  return success();
}

Status Node::Impl::open_store() {
  const std::string directory = options.in_memory ? "/baton" : options.data_directory;
  if (!options.in_memory) {
    const auto make = [](const std::string& folder, FolderFor whom) -> Status {
      const Status made = make_durable_folder(folder, whom);
      if (made.ok()) return made;
      return Error{ErrorCode::io_failed, "the data directory cannot be made: " + made.error().detail,
                   "give a directory that this user may write to"};
    };
    if (const Status made = make(directory, FolderFor::everybody); !made.ok()) return made;
    if (const Status ready = look_at_disk(directory); !ready.ok()) return ready;
    if (const Status made = make(directory + "/store", FolderFor::owner); !made.ok()) return made;
  }
  StoreOptions store_options;
  store_options.path = directory + "/store";
  store_options.env = options.env.get();
  store_options.sync = !options.unsafe_no_sync;
  const bool may_have_been = !options.in_memory && !look_for_remains(directory).ok();
  store_options.may_begin = mark == nullptr || (!mark->position() && !may_have_been);
  // Before the keys: another store's keys do not fit either, and that would be the wrong thing to say.
  store_options.mark = mark.get();
  auto opened = Store::open(store_options);
  if (!opened.ok()) return opened.error();
  store = *std::move(opened);
  if (const Status unlocked = open_keys(directory); !unlocked.ok()) return unlocked;
  reader.emplace(*store);
  pauses = std::make_unique<StandingPauses>(*reader);
  if (const Status loaded = pauses->load(); !loaded.ok()) return loaded;
  bundles = std::make_unique<BundleRegistry>(*reader, options.compiled);
  return bundles->load();
}

// What would go wrong inside of RocksDB, or make a new store in the place of one that is not there.
Status Node::Impl::look_at_disk(const std::string& directory) {
  std::error_code unknown;
  const std::filesystem::space_info space = std::filesystem::space(directory, unknown);
  if (!unknown && space.available < kFreeToStart) {
    return Error{ErrorCode::io_failed,
                 "the disk of " + directory + " is full: " + std::to_string(space.available >> 10) + " KiB are left",
                 "make room; Baton starts with " + std::to_string(kFreeToStart >> 20) + " MiB"};
  }
  std::error_code hidden;
  const bool has_store = options.env != nullptr || std::filesystem::exists(directory + "/store/CURRENT", hidden);
  if (hidden) {
    return Error{ErrorCode::io_failed, "the store in " + directory + "/store cannot be looked at: " + hidden.message(),
                 "start Baton as the user whose store it is, or let this one read and write what is below it"};
  }
  if (!has_store) {
    if (const Status new_here = look_for_remains(directory); !new_here.ok()) return new_here;
  }
  auto high_water = HighWaterMark::open(options.env.get(), directory + "/high_water_mark");
  if (!high_water.ok()) return high_water.error();
  mark = *std::move(high_water);
  if (mark->has_unreadable_place()) {
    log::warn(
        "node cannot read one of the two places of {}/high_water_mark, and goes by the other: a crash while it was "
        "written, or a damaged disk",
        directory);
  }
  if (mark->position() && !has_store) {
    return Error{ErrorCode::store_rolled_back,
                 "there is no store in " + directory + "/store, and its high-water mark says that round " +
                     std::to_string(mark->position()->lsn) + " was acknowledged",
                 "mount or bring back the store; to begin with a new one, give another folder"};
  }
  return success();
}

// Keys and a signed checkpoint are made after the store whose they are.
Status Node::Impl::look_for_remains(const std::string& directory) const {
  const std::string signed_last = directory + "/ledger.checkpoint";
  std::error_code unknown;
  const bool was_signed = std::filesystem::exists(signed_last, unknown);
  if (!was_signed && !KeyStore::exists(key_store_path(directory), options.env.get())) return success();
  return Error{ErrorCode::store_rolled_back,
               "there is no store in " + directory + "/store, and there was one: " +
                   (was_signed ? signed_last : "the key store " + key_store_path(directory)) + " is there",
               "mount or bring back the store with its high_water_mark; to begin with a new one, give another folder"};
}

std::string Node::Impl::key_store_path(const std::string& directory) const {
  return options.keys_store.empty() ? directory + "/keys/patient_keys" : options.keys_store;
}

// A store from before there were keys gets some for what is written from now on; the texts in its keys stay as they are.
Status Node::Impl::open_keys(const std::string& directory) {
  const auto used = keys_used(*store);
  if (!used.ok()) return used.error();
  const auto head = store->head();
  if (!head.ok()) return head.error();
  KeyStore::Options keys;
  keys.path = key_store_path(directory);
  keys.env = options.env.get();
  keys.identity = store->identity();
  keys.used = *used;
  keys.pseudonyms = head->lsn == 0;
  const std::string folder = keys.path.substr(0, keys.path.rfind('/'));
  std::unique_ptr<KeyEncryption> encryption;
  if (options.in_memory) {
    // There is nothing to keep secret from: every such node opens what one before it has left.
    make_folder(*options.env, directory);
    make_folder(*options.env, folder);
    SealKey key{};
    std::memcpy(key.data(), sha256("the keys of a store in memory").data(), key.size());
    encryption = key_in_memory(key);
  } else {
    // One that is there already belongs to whoever has made it, and others may have files in it.
    if (const Status made = make_durable_folder(folder, FolderFor::owner); !made.ok()) {
      return Error{ErrorCode::io_failed, "the folder of the key store cannot be made: " + made.error().detail,
                   "give a folder that this user may write to"};
    }
    if (std::error_code failed; options.keys_store.empty()) {
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failed);
    }
    if (options.keys_command.empty()) {
      auto file = open_key_file(options.keys_file.empty() ? folder + "/encryption_key" : options.keys_file,
                                !KeyStore::exists(keys.path, keys.env));
      if (!file.ok()) return file.error();
      encryption = *std::move(file);
    } else {
      encryption = key_command(options.keys_command);
    }
  }
  auto unlocked = KeyStore::open(keys, std::move(encryption));
  if (!unlocked.ok()) return unlocked.error();
  store->unlock(*std::move(unlocked));
  return success();
}

Status Node::Impl::open_committer() {
  log = std::make_unique<LocalCommitLog>(*store);
  CommitterOptions committing;
  committing.mode = options.stepped ? CommitterOptions::Mode::stepped : CommitterOptions::Mode::threaded;
  committing.plain_ledger = options.plain_ledger;
  committing.before_append = [this](const Turn& turn) { get_ready_for(turn); };
  committing.after_round = [this] { after_round(); };
  if (options.fatal) {
    committing.on_fatal = [this](const Error& error) { options.fatal(to_string(error)); };
  }
  auto started = Committer::start(*store, *log, mark.get(), std::move(committing));
  if (!started.ok()) return started.error();
  committer = *std::move(started);
  path = std::make_unique<CommitPath>(*committer, *this);
  return success();
}

void Node::Impl::open_actors() {
  alarms = std::make_unique<Alarms>(options.stepped ? clock : nullptr);
  actors = std::make_unique<ActorRuntime>(options.stepped, options.worker_threads);
  router = std::make_unique<Router>([this](const Address& address) { return spawn(address); }, options.memory_budget);
  lanes = std::make_unique<Lanes>(actors->system());
  outbox =
      std::make_unique<OutboxFlow>(OutboxFlow::Parts{*reader, *router, *lanes, *alarms}, options.messages_under_way);
  parts.emplace(ActorParts{*router, *path, *alarms, *clock});

  ActivityPorts doing{*clock, *bundles, *alarms, options.http, options.settings, {}, {}, {}, options.activity_stand_in,
                      {}};
  doing.finish = [this](const std::string& instance, FinishActivity&& result, bool on_worker) {
    if (on_worker && !options.stepped) {
      router->deliver_here(actors->system(), instance, std::move(result));
    } else {
      router->deliver(instance, std::move(result));
    }
  };
  doing.keep = [this](const std::string& instance, KeepHeartbeat message) {
    router->deliver(instance, std::move(message));
  };
  doing.disclose = [this](const PendingRecord& pending, const HttpCall& call, std::function<void()> then) {
    record_disclosure(pending, call, std::move(then));
  };
  doing.owed = [this](const std::string& cursor, std::size_t limit) { return reader->all_pending(cursor, limit); };
  activities = std::make_unique<ActivityPool>(std::move(doing), options.stepped ? 0 : options.worker_threads);

  TimerPorts timing{*clock, *reader, {}, {}};
  timing.fire = [this](const TimerRecord& timer) { router->deliver(timer.instance, FireTimer{timer}); };
  timing.jumped = [this](Duration by) { record_jump(by); };
  const auto mode = options.stepped                                            ? TimerService::Mode::stepped
                    : std::dynamic_pointer_cast<ManualClock>(clock) != nullptr ? TimerService::Mode::hand_turned
                                                                               : TimerService::Mode::threaded;
  timers = std::make_unique<TimerService>(std::move(timing), mode);
  ingest = std::make_unique<Ingest>(
      Ingest::Parts{*clock, *reader, *bundles, *lanes, *router, *path, replies, options.source_zones});
  schedules = std::make_unique<Schedules>(
      Schedules::Parts{*clock, *reader, *lanes, *router, *path, replies, *timers, *bundles,
                       [this](StartRequest request, Answer answer) { submit(std::move(request), std::move(answer)); }});
  batches = std::make_unique<Batches>(
      Batches::Parts{*clock, *reader, *lanes, *path, replies, *timers,
                     [this](InstanceRequest request, Answer answer) { submit(std::move(request), std::move(answer)); },
                     [this](const std::string& workflow, const std::string& attribute) {
                       const auto live = bundles->live();
                       std::vector<std::shared_ptr<const Program>> programs;
                       for (const auto& [name, program] : live->by_name) programs.push_back(program);
                       return is_time_attribute(programs, workflow, attribute);
                     },
                     id_salt});
  check = std::make_unique<BundleCheck>(*reader, *lanes);
  retention = std::make_unique<Retention>(Retention::Parts{*clock, *reader, *lanes, *committer, *path, replies});
  erasures =
      std::make_unique<Erasures>(Erasures::Parts{*clock, *reader, *store, *lanes, *router, *path, replies, *retention,
                                                 [this] { return make_instance_id("erasure"); }, options.stepped});
  deployments = std::make_unique<Deployments>(Deployments::Parts{*clock, *bundles, *check, *lanes, *path, replies});
}

// In memory there is nothing to keep secret, and nothing to keep: the key is the same for every such node, so that a
// second one takes over what the first has signed.
Result<NoteSigningKey> Node::Impl::ledger_key() const {
  const std::string origin = options.audit_origin.empty() ? "baton/" + store->identity() : options.audit_origin;
  if (options.in_memory) {
    if (!is_valid_key_name(origin))
      return Error{ErrorCode::bad_config, "audit.origin cannot be a key's name",
                   "write it without spaces and plus signs: hospital.example/ledger"};
    return NoteSigningKey::from_seed(origin, as_bytes(sha256("the ledger of a store in memory")));
  }
  const StoreLedgerSource source(*store);
  const auto last = LedgerReader(source).last_checkpoint();
  const bool signed_before = last.ok() || last.error().code != ErrorCode::not_found;
  return open_ledger_key(options.data_directory + "/ledger.key", options.audit_origin, origin, !signed_before);
}

Status Node::Impl::open_signer() {
  const auto key = ledger_key();
  if (!key.ok()) return key.error();
  const auto stop = [this](const Error& error) {
    log::error("the audit ledger is not what was signed: {}", to_string(error));
    committer->stop_for(error);
  };
  const std::string copy = options.in_memory ? "" : options.data_directory + "/ledger.checkpoint";
  auto opened = LedgerSigner::open(
      {*store, *committer, *alarms, *lanes, stop, copy, options.http, options.audit_witnesses}, *key);
  if (!opened.ok()) return opened.error();
  signer = *std::move(opened);
  return success();
}

caf::actor Node::Impl::spawn(const Address& address) {
  caf::actor_system& system = actors->system();
  if (address.kind == ActorKind::instance) {
    using Actor = caf::stateful_actor<DecidingState<InstanceSubject>, InstanceActor::base>;
    // A byte more takes the next size that an allocator has, for every case in memory (docs/PERFORMANCE.md).
    static_assert(sizeof(caf::actor_storage<Actor>) <= 1280);
    return caf::actor_cast<caf::actor>(system.spawn(deciding_behavior<InstanceActor, ToInstance, InstanceSubject>,
                                                    InstanceSubject(address.id, *reader, *bundles, *pauses),
                                                    address.kind, address.id, &*parts));
  }
  return caf::actor_cast<caf::actor>(system.spawn(deciding_behavior<PatientActor, ToPatient, PatientSubject>,
                                                  PatientSubject(address.id, *reader, *bundles), address.kind,
                                                  address.id, &*parts));
}

void Node::Impl::record_start() {
  AuditRecord record;
  record.action = action::kServerStarted;
  record.at = clock->now();
  record.object = store->identity();
  JsonWriter writer;
  clock_was_ = clock_state();
  writer.begin_object().field("clock", clock_was_).field("configuration", configuration_hash()).end_object();
  record.after = std::move(writer).take();
  record_configuration();
  path->commit(Turn({}, {record}, {}, {}), {}, {});
}

void Node::Impl::record_jump(Duration by) {
  AuditRecord record;
  record.action = action::kClockJumped;
  record.at = clock->now();
  record.outcome = std::to_string(by.ms) + " ms";
  if (schedules != nullptr) schedules->clock_was_set();
  path->commit(Turn({}, {record}, {}, {}), {}, {});
}

void Node::Impl::close() {
  if (stopping.exchange(true)) return;
  // A stepped node that ends is a crash: what was not committed is gone.
  if (options.stepped && committer) committer->abandon();
  const auto until = std::chrono::steady_clock::now() + kFinishIn;
  while (!options.stepped && replies.in_flight() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // First those who bring new work, then those who do it, then those who make it durable and sign it.
  if (watchman) watchman->stop();
  if (timers) timers->stop();
  if (activities) activities->stop();
  if (erasures) erasures->stop();
  if (alarms) alarms->stop();
  if (lanes) lanes->stop();
  if (router) router->stop();
  if (actors) actors->await_all_done();
  // The last checkpoint is to cover the last turns: those are made durable before it is signed.
  if (committer && !options.stepped) committer->drain();
  if (signer && !options.stepped) signer->finish();
  if (committer) committer->stop();
  replies.give_all(Error{ErrorCode::stopping, "the node stopped before the request was done",
                         "ask again; a request with the same id has no second effect"});
  // All actors have ended, but turns that were dropped may hold handles to them: those go before CAF does.
  committer.reset();
  activities.reset();
  timers.reset();
  alarms.reset();
  actors.reset();
  signer.reset();
}

}  // namespace baton
