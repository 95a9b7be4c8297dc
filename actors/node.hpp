// The node: everything that acts, behind one plain header. The gateway and the tests reach actors only through this; no
// CAF type shows. Thread-safe.
//
// Every request is answered exactly once, after what it changed is durable, on a thread of the node: an answer must not
// block (post it to your own executor).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "persistence/reached.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/result.hpp"
#include "runtime/engine/message.hpp"
#include "runtime/model/time/time_zone.hpp"
#include "runtime/model/turn.hpp"
#include "runtime/script/activity_run.hpp"
#include "runtime/script/program.hpp"

namespace rocksdb {
class Env;
}

namespace baton {

// Asks what time it is. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};
[[nodiscard]] std::shared_ptr<Clock> system_clock();

// A clock that stands where it was put, for tests and for `dev --virtual-clock`. Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Instant start);
  [[nodiscard]] Instant now() const override;
  void set(Instant now);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Outbound HTTP for activities. Implemented in the gateway; calls back once, on any thread, after send() has returned.
struct HttpCall {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout{30'000};
};
struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
class HttpPort {
 public:
  virtual ~HttpPort() = default;
  virtual void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) = 0;
};

// ---- requests ------------------------------------------------------------------------------------------------------

struct StartRequest {
  std::string workflow;
  std::string id;  // Empty: one is made. An id that exists is already_exists, or the same answer for the same input.
  JsonText input;
  std::string patient;
  std::string business_key;
  Principal by;
};
// Any message to an existing instance; its reply_to is set by the node.
struct InstanceRequest {
  std::string instance;
  InstanceMessage message;
};
// Raw input from outside: stored first, then mapped, then answered. The answer is {"state":..,"ack":..,"events":[..]}.
struct AcceptRequest {
  std::string format;  // "hl7v2" or "json".
  std::string raw;
  std::string source;  // For json; HL7 says it in MSH-3 and MSH-4.
  std::string message_id;
  Principal by;
};
struct ReplayMessage {  // A quarantined message again, perhaps edited.
  std::string source;
  std::string message_id;
  std::string edited;  // Empty: as it came.
  std::string reason;
  Principal by;
};
struct DiscardMessage {
  std::string source;
  std::string message_id;
  std::string reason;
  Principal by;
};
struct DeployRequest {
  std::string name;
  BundleFiles files;
  Principal by;
  // What becomes of a deployment that open instances could not move to. They stay on their bundle in any case.
  enum class Findings {
    refuse,       // stale_bundle; nothing is deployed.
    accept,       // Deployed, and the ledger says that they were accepted.
    check_later,  // Deployed at once; the ledger gets the report when it is there. For a start of the server.
  };
  Findings findings = Findings::refuse;
};
struct CheckRequest {  // Replays every open instance against a bundle that is not live. Answer: see CheckReport.
  std::string name;
  BundleFiles files;
};
// action: create replace pause resume trigger delete
struct ScheduleRequest {
  std::string name;
  std::string action;
  JsonText spec;
  Principal by;
};

// One action on many things, see actors/batches.hpp. action: preview begin stop go_on undo. `body` is what the caller sent.
struct BatchRequest {
  std::string action;
  std::string id;  // The batch; empty for preview and begin.
  JsonText body;
  Principal by;
  // Why the caller may not do this to the things of a batch, or nothing; asked when it begins, which is some time after it was
  // previewed. Empty: they may. On the batches' lane.
  std::function<std::optional<Error>(const std::string& action)> refusal = {};
};

// A pause until further notice, see actors/standing_pauses.hpp. action: begin end.
struct PauseRequest {
  std::string action;
  std::string id;  // To end.
  JsonText body;
  Principal by;
};

// Rows about who may do what (people, sessions, keys, policies) with the record of the change, or a record alone, such as
// of a refusal. The gateway decides; the node only stamps the record's time and commits.
struct RecordAccess {
  std::vector<PutNamed> changes;
  AuditRecord record;
};

// The erasure of a person: one asks, another decides (actors/erasures.hpp). The answer is the erasure.
struct EraseRequest {
  std::string action;   // request approve refuse resume
  std::string id;       // Of the erasure; not for a request.
  std::string patient;  // For a request.
  std::string basis;    // For a request: the legal basis, a code.
  std::string reason;
  Principal by;
};
// A new main key for the patients' keys, and a new key-encryption key where it is Baton's own.
struct RotateKeys {
  std::string reason;
  Principal by;
};
// A legal hold on a patient, an instance, or records stamped from `from` on and before `before`. Answer: the hold.
struct PlaceHold {
  std::string patient;
  std::string instance;
  std::optional<Instant> from;
  std::optional<Instant> before;
  std::string matter;
  std::string reason;
  Principal by;
};
struct LiftHold {
  std::string id;
  std::string reason;
  Principal by;
};
// The ledger without its entries below `to`. Answer: {"from","to","records"}, and "record" where it was done.
struct PruneRequest {
  std::uint64_t to = 0;
  // BundleDigest of the entries that go, in hex: whoever asks has them. Empty: only says what would go.
  std::string digest;
  std::string exported;  // What is said of the export: a JSON object for the record, or empty.
  std::string reason;
  Principal by;
};

using Request = std::variant<StartRequest, InstanceRequest, AcceptRequest, ReplayMessage, DiscardMessage, DeployRequest,
                             CheckRequest, ScheduleRequest, BatchRequest, PauseRequest, RecordAccess, EraseRequest,
                             RotateKeys, PlaceHold, LiftHold, PruneRequest>;
using Answer = std::function<void(Result<JsonText>)>;
// Rows that go into the batch of what the request does, made from its answer: so what a caller remembers of a request is
// there if and only if the request was done. Not called when it is refused or changes nothing. From any thread.
using Rider = std::function<std::vector<Change>(const JsonText& answer)>;

// A witness that is asked to cosign the audit ledger's checkpoints (C2SP tlog-witness).
struct WitnessAt {
  std::string url;  // The prefix of its addresses.
  std::string key;  // Its verifier key.
};

struct NodeOptions {
  std::string data_directory;
  bool in_memory = false;        // Nothing on disk: tests and `baton test`.
  bool unsafe_no_sync = false;   // The control of the power-loss tests. Never for real.
  std::shared_ptr<Clock> clock;  // Null: the system's.
  bool plain_ledger = false;     // The control of the ledger's benchmark: no tree, no indexes. Never for real.
  bool stepped = false;    // Tests: nothing runs but in run_until_idle(), on the caller's thread, deterministically.
  std::uint64_t seed = 0;  // With stepped: the order in which actors run.
  std::size_t memory_budget = 256u << 20;  // Warm instances and patients beyond this are passivated.
  std::size_t worker_threads = 2;
  std::size_t messages_under_way = limits::kMessagesUnderWay;
  std::shared_ptr<HttpPort> http;
  // Time zones of HL7 sources, for timestamps without an offset: by "APPLICATION|FACILITY", facility or application, the
  // first that is there; "" is for all others. What has none lives in UTC.
  std::map<std::string, TimeZone> source_zones;
  JsonText settings;  // What activities see as activity.settings: a JSON object; empty is {}.
  std::function<void(const std::string&)> fatal;  // After a failed write; default: say so and exit with 70.
  // Name of the audit ledger, of a new one only: its key keeps it. Empty: made from the store's identity.
  std::string audit_origin;
  std::vector<WitnessAt> audit_witnesses;  // Asked over `http`.
  // The configuration in effect, a JSON object without secrets: a start with another one than before is recorded.
  JsonText configuration;
  // Where the store lives; null is the operating system's files. One that is shared outlives the node: a second node
  // opens what the first has left. See persistence/memory_env.hpp.
  std::shared_ptr<rocksdb::Env> env;
  // The patients' keys: where their store lies (empty: keys/patient_keys in the data directory), and what wraps its key: a
  // file (empty: keys/encryption_key there, made with a new store), or a command that asks a key management service.
  std::string keys_store, keys_file, keys_command;
  // Tests: answers an activity in the place of its script. Called on worker threads; may be empty.
  std::function<std::optional<ActivityEnded>(const PendingRecord&)> activity_stand_in;
  // What ctx:log says, once its turn is durable. On the committer's thread; empty: into the server's log.
  std::function<void(const WriteLog&)> script_log;
  // Tests: programs that need not be compiled again when their files are deployed or found in the store.
  std::vector<std::shared_ptr<const Program>> compiled;
};

struct NodeMetrics {
  std::uint64_t turns = 0, rounds = 0, activities = 0, timers = 0, messages = 0, refused = 0;
  std::uint64_t warm_instances = 0, warm_patients = 0, in_flight = 0, memory = 0;
  std::map<std::string, std::uint64_t> instances_by_status;
  std::uint64_t scrubber_findings = 0;  // Anything but 0 is a bug of Baton or damage to the store.
  // What the scrubbers have done since the start: rows compared, records hashed again, closed instances run again, and how
  // often all of the store's rows and all of the ledger were gone through.
  std::uint64_t scrubbed_rows = 0, scrubbed_records = 0, replayed_instances = 0;
  std::uint64_t store_passes = 0, ledger_passes = 0;
  std::uint64_t ledger_size = 0, ledger_minimum = 0;
};

// Of a batch that runs: the steps of the part that is under way, beyond what its row counts.
struct BatchProgress {
  std::uint64_t taken = 0, refused = 0, in_flight = 0;
};

// Of a standing pause that is not quiet yet.
struct PauseProgress {
  std::uint64_t paused = 0;
  std::vector<std::string> instances;  // Those of them in which an attempt of an activity is under way.
};

// What a live view is told: which thing has changed. Called on the committer's thread; must not block.
using LiveListener = std::function<void(const Notify&)>;

class Node {
 public:
  // Opens the store, recovers (timers, pending activities, outbox), and starts. Errors: store_..., bad_config.
  static Result<std::unique_ptr<Node>> open(NodeOptions options);
  ~Node();  // Finishes what is in flight, then stops. Never hangs.
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Refuses with overloaded (at once, on this thread) when too much is in flight.
  // An answer `at` durable, unless it is an error, may be called some microseconds before the turn is seen in the store: it
  // neither reads that nor waits for a lock under which somebody does. Whoever reads because of it sees the turn.
  void submit(Request request, Answer answer, Rider rider = {}, Reached at = Reached::seen);
  // For callers that may block, such as the CLI and tests. With `stepped` it runs the node until the answer is there.
  [[nodiscard]] Result<JsonText> submit_and_wait(Request request);

  // Committed rows; every acknowledged write is seen.
  [[nodiscard]] const StoreReader& reader() const;
  [[nodiscard]] Instant now() const;
  // Tells the timers that the clock was set. Only with a ManualClock.
  void clock_was_set();
  // True when nothing is in flight and no activity runs: all that is left waits for time, people or the outside.
  [[nodiscard]] bool idle() const;
  // With stepped: runs actors, committer, activities and due timers until idle.
  void run_until_idle();
  // With stepped: one step of that, in the order that the seed gives; false when idle. A node that is destroyed between
  // two steps has crashed there: nothing more is committed.
  bool run_one();
  // When the next timer is due, durable or the node's own; none when nothing waits for time. For skipping time.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // A listener `at` durable hears twice of an instance that closes, and the first time is called as such an answer is.
  std::size_t subscribe(LiveListener listener, Reached at = Reached::seen);
  void unsubscribe(std::size_t subscription);
  [[nodiscard]] NodeMetrics metrics() const;
  // Runs an instance's own bundle over its journal again, with effects suppressed: {"instance","reproduced","entries",
  // "decisions","operations","bundles","differences":[{"what","line","journal","replay"}]}. Takes as long as the journal
  // is. Errors: not_found, and the reader's.
  [[nodiscard]] Result<JsonText> reproduce(const std::string& instance) const;
  [[nodiscard]] std::optional<BatchProgress> batch_progress(const std::string& id) const;
  [[nodiscard]] std::optional<PauseProgress> pause_progress(const std::string& id) const;
  // Where an instance's script stands, and what it holds in its hands: {"instance","bundle","entries","raised"?,
  // "branches":[{"path","waits_for"?,"frames":[{"line","function"?,"values":[{"name","outer","value"|"said"}]}]}]}. Takes
  // as long as the journal of the current run is. Errors: not_found, replay_mismatch, and the reader's.
  [[nodiscard]] Result<JsonText> standing(const std::string& instance) const;
  // The key that verifies the audit ledger's checkpoints, as C2SP writes it.
  [[nodiscard]] const std::string& audit_key() const;
  // The live bundle that defines a workflow, or null.
  [[nodiscard]] std::shared_ptr<const Program> live_program(std::string_view workflow) const;
  [[nodiscard]] std::vector<std::shared_ptr<const Program>> live_programs() const;
  // Any bundle that was ever deployed here, or null.
  [[nodiscard]] std::shared_ptr<const Program> program(const std::string& hash) const;

 private:
  class Impl;
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton
