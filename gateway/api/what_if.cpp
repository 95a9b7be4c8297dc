// /v1/what-if: one case in a sandbox, forked from its journal and stepped on, without effects. Sandboxes live in memory; their
// work is done on the threads for reads, one thing at a time in each.
#include "runtime/engine/what_if.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "gateway/api/recorded_read.hpp"
#include "gateway/auth/secret.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr Duration kLasts{30 * 60 * 1000};  // After it was last used.
constexpr std::size_t kMost = 32;           // Beyond it the one that was used longest ago goes.

// The bundles of the node.
class NodePrograms : public ProgramSource {
 public:
  explicit NodePrograms(const Node& node) : node_(node) {}
  [[nodiscard]] std::shared_ptr<const Program> find(std::string_view hash) const override {
    return node_.program(std::string(hash));
  }

 private:
  const Node& node_;
};

// Whoever has found a session may go on with it when it has gone from here. Thread-safe.
class Sessions {
 public:
  explicit Sessions(const Node& node) : node_(node), programs_(node) {}

  struct Session {
    std::string id;
    std::string subject;  // Whose it is: nobody else's.
    std::string instance;
    std::string patient;
    std::mutex in_use;  // Of what_if.
    std::unique_ptr<WhatIf> what_if;
  };
  struct Found {
    std::shared_ptr<Session> session;
    Instant expires_at;
  };
  Found keep(std::unique_ptr<WhatIf> what_if, std::string subject, std::string instance, std::string patient) {
    auto session = std::make_shared<Session>();
    session->id = "what-if-" + random_token(12);
    session->subject = std::move(subject);
    session->instance = std::move(instance);
    session->patient = std::move(patient);
    session->what_if = std::move(what_if);
    const std::lock_guard lock(mutex_);
    drop_expired();
    while (sessions_.size() >= kMost) {
      sessions_.erase(std::ranges::min_element(
          sessions_, [](const auto& a, const auto& b) { return a.second.expires_at < b.second.expires_at; }));
    }
    return sessions_[session->id] = {session, node_.now() + kLasts};
  }
  Result<Found> find(const std::string& id, const std::string& subject) {
    const std::lock_guard lock(mutex_);
    drop_expired();
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.session->subject != subject) {
      return Error{ErrorCode::what_if_ended, "there is no what-if '" + id + "' of yours", "begin it again"};
    }
    found->second.expires_at = node_.now() + kLasts;
    return found->second;
  }
  void drop(const std::string& id) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(id);
  }
  [[nodiscard]] const ProgramSource& programs() const { return programs_; }

 private:
  void drop_expired() {
    std::erase_if(sessions_, [now = node_.now()](const auto& each) { return each.second.expires_at <= now; });
  }
  const Node& node_;
  NodePrograms programs_;
  std::mutex mutex_;
  std::map<std::string, Found> sessions_;
};

struct ForkRequest {
  std::optional<EntryIndex> at;
  std::string bundle;
  std::optional<BundleFiles> files;
  WhatIfFork fork;
};

Result<ForkRequest> read_fork(const json::object& body) {
  JsonFields fields(body, "", ErrorCode::bad_field);
  ForkRequest request;
  if (const auto at = fields.integer("at", 0, UINT32_MAX)) request.at = static_cast<EntryIndex>(*at);
  request.bundle = fields.text("bundle").value_or("");
  if (const auto* files = fields.value("files"); files != nullptr) {
    if (!files->is_object()) fields.refuse("files", "is no object", "map each path in the bundle to its text");
    request.files.emplace();
    for (const auto& [path, text] : files->is_object() ? files->get_object() : json::object()) {
      if (text.is_string()) request.files->emplace(std::string(path), std::string(text.get_string()));
    }
  }
  if (const auto* input = fields.value("input")) request.fork.input = json_text_of(input);
  if (const auto* values = fields.value("values"); values != nullptr && values->is_array()) {
    for (const json::value& each : values->get_array()) {
      const auto* const object = each.if_object();
      const auto* const entry = object == nullptr ? nullptr : object->if_contains("entry");
      const auto* const value = object == nullptr ? nullptr : object->if_contains("value");
      if (entry == nullptr || !entry->is_int64() || value == nullptr) {
        fields.refuse("values", "is no list of {\"entry\", \"value\"}", "name each entry by its index");
        break;
      }
      request.fork.values[static_cast<EntryIndex>(entry->get_int64())] = json_text_of(value);
    }
  }
  if (Status status = fields.finish(); !status) return status.error();
  return request;
}

Result<std::shared_ptr<const Program>> program_of(const Node& node, const ForkRequest& request) {
  if (request.files) return Program::compile("what-if", *request.files);
  if (request.bundle.empty()) return std::shared_ptr<const Program>();
  auto program = node.program(request.bundle);
  if (program != nullptr) return program;
  return Error{ErrorCode::not_found, "no bundle " + request.bundle + " was ever deployed here",
               "baton check shows hashes; or send the bundle's files"};
}

// Precondition: the session is in use by the caller.
JsonText session_json(const Sessions::Found& found) {
  JsonWriter writer;
  writer.begin_object().field("id", found.session->id).field("expires_at", format_instant(found.expires_at));
  writer.end_object();
  std::string json = std::move(writer).take();
  json.back() = ',';
  return json + found.session->what_if->json().substr(1);
}

Result<PatientData> begin(Sessions& sessions, const Node& node, const StoreReader& live, const std::string& instance,
                          ForkRequest request, const std::string& subject) {
  const StoreReader reader = live.snapshot();
  const auto record = reader.instance(instance);
  if (!record) return record.error();
  if (!*record) {
    return Error{ErrorCode::not_found, "there is no instance '" + instance + "'", "see GET /v1/instances"};
  }
  auto journal = reader.run(**record);
  if (!journal) return journal.error();
  auto program = program_of(node, request);
  if (!program) return program.error();
  request.fork.program = std::move(*program);
  request.fork.at = request.at.value_or((*record)->run_begins_at + static_cast<EntryIndex>(journal->size()));
  auto what_if = WhatIf::begin(**record, std::move(*journal), request.fork, sessions.programs());
  if (!what_if) return what_if.error();
  const Sessions::Found kept = sessions.keep(std::move(*what_if), subject, instance, (*record)->patient);
  const std::lock_guard in_use(kept.session->in_use);
  return PatientData{session_json(kept), (*record)->patient, instance};
}

Status step(WhatIf& what_if, const json::object& body) {
  JsonFields fields(body, "", ErrorCode::bad_field);
  const std::string what = fields.text("do").value_or("");
  const auto until_entry = fields.integer("until_entry", 0, UINT32_MAX);
  const auto seq = static_cast<OperationSeq>(fields.integer("seq", 0, UINT32_MAX).value_or(0));
  const JsonText value = json_text_of(fields.value("value"));
  const std::string code = fields.text("code").value_or("failed");
  const std::string message = fields.text("message").value_or("");
  const std::string outcome = fields.text("outcome").value_or("");
  const std::string reason = fields.text("reason").value_or("");
  const std::string name = fields.text("name").value_or("");
  const auto length = fields.duration("for");
  const auto until = fields.text("until");
  if (Status status = fields.finish(); !status) return status;
  if (what == "follow") {
    return what_if.follow(until_entry ? static_cast<EntryIndex>(*until_entry) : what_if.next() + 1);
  }
  if (what == "resolve") return what_if.resolve(seq, Outcome::of(value));
  if (what == "fail") return what_if.resolve(seq, Outcome::failed({code, message, {}}));
  if (what == "decide") return what_if.decide(seq, outcome, value, reason);
  if (what == "signal") return what_if.signal(name, value);
  if (what == "event") return what_if.event(name, value);
  if (what == "cancel") return what_if.cancel(reason);
  if (what != "pass") {
    return Error{ErrorCode::bad_field, "a what-if cannot '" + what + "'",
                 "say follow, resolve, fail, decide, signal, event, cancel or pass"};
  }
  if (length) return what_if.pass(what_if.now() + *length);
  const auto at = parse_instant(until.value_or(""));
  return at ? what_if.pass(*at) : Status(at.error());
}

JsonText difference_json(const WhatIf& what_if) {
  JsonWriter writer;
  writer.begin_object().field("now", format_instant(what_if.now())).key("items").begin_array();
  for (const WhatIfDifference& each : what_if.compare()) {
    writer.begin_object().field("key", each.key).field("kind", each.kind).field("verdict", each.verdict);
    writer.optional_field("reality_line", each.reality_line).optional_field("sandbox_line", each.sandbox_line);
    if (!each.reality.empty()) writer.json_field("reality", each.reality);
    if (!each.sandbox.empty()) writer.json_field("sandbox", each.sandbox);
    writer.end_object();
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

// A script sees all of the case, and what it is made to say is not masked: whoever brings one may see the data, or make
// scripts live.
Status check_may_bring(const HttpRequest& http, const ForkRequest& fork) {
  if (!fork.files || http.caller == nullptr) return success();
  if (http.caller->may("patient.read") || http.caller->may("bundle.deploy")) return success();
  return Error{ErrorCode::no_permission, "a script of one's own needs 'bundle.deploy' or 'patient.read'",
               "name a bundle that was deployed"};
}

}  // namespace

void add_what_if_routes(HttpRouter& router, ApiContext& context) {
  auto sessions = std::make_shared<Sessions>(context.node);
  router.add({"POST",
              "/v1/instances/{id}/what-if",
              "beginWhatIf",
              "Fork this case into a sandbox without effects, with another script, other data or another time.",
              {},
              "WhatIfFork",
              "WhatIf",
              200,
              [&context, sessions](RoutedRequest request, Responder responder) {
                auto body = read_object(request.http);
                if (!body) return send_error(responder, body.error());
                auto fork = read_fork(*body);
                if (!fork) return send_error(responder, fork.error());
                if (const Status may = check_may_bring(request.http, *fork); !may) {
                  return context.door.access.refuse(principal_of(request.http), "beginWhatIf", request,
                                                    std::move(responder), may.error());
                }
                const std::string subject = principal_of(request.http).subject;
                read_record_and_send(
                    context, request.http, std::move(responder), "what-if",
                    [&context, sessions, id = request.at("id"), fork = *fork, subject](const StoreReader& reader) {
                      return begin(*sessions, context.node, reader, id, fork, subject);
                    });
              }});
  // Each of the others finds the session, and answers what it did with it.
  const auto on_session = [&context, sessions](auto act) {
    return [&context, sessions, act](RoutedRequest request, Responder responder) {
      auto body = read_object(request.http);
      if (!body) return send_error(responder, body.error());
      const std::string subject = principal_of(request.http).subject;
      read_record_and_send(context, request.http, std::move(responder), "what-if",
                           [sessions, act, id = request.at("id"), subject,
                            body = std::move(*body)](const StoreReader& reader) -> Result<PatientData> {
                             const auto found = sessions->find(id, subject);
                             if (!found) return found.error();
                             const Sessions::Session& session = *found->session;
                             // What was erased since is not kept alive in a sandbox.
                             if (const auto record = reader.instance(session.instance); !record) {
                               if (record.error().code == ErrorCode::erased) sessions->drop(id);
                               return record.error();
                             }
                             const std::lock_guard in_use(found->session->in_use);
                             auto shown = act(*sessions, *found, body);
                             if (!shown) return std::move(shown).error();
                             return PatientData{std::move(*shown), session.patient, session.instance};
                           });
    };
  };
  router.add({"GET",
              "/v1/what-if/{id}",
              "getWhatIf",
              "The sandbox as it stands.",
              {},
              "",
              "WhatIf",
              200,
              on_session([](Sessions&, const Sessions::Found& found, const json::object&) {
                return Result<JsonText>(session_json(found));
              })});
  router.add({"POST",
              "/v1/what-if/{id}/steps",
              "stepWhatIf",
              "Step on: follow reality, answer what it waits for, send something, or let time pass.",
              {},
              "WhatIfStep",
              "WhatIf",
              200,
              on_session([](Sessions&, const Sessions::Found& found, const json::object& body) -> Result<JsonText> {
                if (Status done = step(*found.session->what_if, body); !done) return done.error();
                return session_json(found);
              })});
  router.add({"GET",
              "/v1/what-if/{id}/difference",
              "compareWhatIf",
              "Sandbox and reality side by side, as far as reality had come by the sandbox's time.",
              {},
              "",
              "WhatIfDifference",
              200,
              on_session([](Sessions&, const Sessions::Found& found, const json::object&) {
                return Result<JsonText>(difference_json(*found.session->what_if));
              })});
  router.add({"DELETE",
              "/v1/what-if/{id}",
              "endWhatIf",
              "Forget it.",
              {},
              "",
              "Nothing",
              200,
              on_session([](Sessions& all, const Sessions::Found& found, const json::object&) {
                all.drop(found.session->id);
                return Result<JsonText>(JsonText("{}"));
              })});
}

}  // namespace baton
