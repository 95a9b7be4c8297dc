// A program: one bundle, compiled and examined. Immutable and shared by every instance that is pinned to it. Pure.
//
// A bundle is a folder of Lua sources and data, identified by the SHA-256 over its sorted paths and contents:
//   workflows/*.lua   each returns workflow.define{...}; deterministic, replayed
//   activities/*.lua  each returns a table of functions: "pharmacy.home_list" is home_list in activities/pharmacy.lua
//   mappings/*.lua    each returns mapping.define{...}; a message in, canonical events out
//   lib/*.lua         modules for all of them, by require "name"
//   calendars/*.json  business calendars
//   forms/*.json      JSON Schemas of what people fill in: "med_review" is forms/med_review.json
//   tests/*.lua       run by `baton test`; not part of the identity
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"
#include "runtime/model/forms/json_schema.hpp"
#include "runtime/model/time/business_calendar.hpp"

namespace baton::script {
struct SandboxImage;
}

namespace baton {

using BundleFiles = std::map<std::string, std::string>;  // Path below the bundle's folder -> content.

// The SHA-256, hex, over the files that make the identity.
[[nodiscard]] std::string bundle_hash(const BundleFiles& files);

// How soon after its start something of a case ought to have happened: slo = { first_contact = "2d business" }.
struct TimePromise {
  std::string name;
  std::string within;  // A duration; where `business`, one of business time.
  bool business = false;
  std::string calendar;             // As in ctx:business.
  std::optional<Duration> at_risk;  // A case is at risk this long before the deadline; a fifth of the time when absent.
  // What keeps the promise: "task:x" "decision:x" "step:x" "stage:x"..., "end", or "x": whatever of that name is done first.
  std::string reached;
};

// What workflow.define{...} declared, as far as the engine has to know it without running the script.
struct WorkflowDefinition {
  std::string name;
  std::string module;                  // "workflows/discharge.lua"
  std::string title;                   // For people; empty: the name.
  std::string why;                     // Why there are such cases, in a sentence; empty where the script does not say.
  std::vector<TimePromise> promises;   // slo = {...}, in the order of names.
  std::vector<std::string> on_events;  // Event types that start it; empty when started by hand only.
  std::string on_key;                  // Event field that keys it: "encounter", "patient", or a path into data.
  bool again = false;                  // Whether an event may start it again once the instance of that key is closed.
  std::vector<std::string> listens;    // Event type patterns delivered to open instances; empty means all.
  std::map<std::string, std::string> search;  // Attribute -> type: "keyword" "number" "time" "flag".
  std::optional<Duration> run_timeout;
  std::vector<std::string> queries;
  std::vector<std::string> updates;
  std::set<std::string, std::less<>> hooks;  // "assign", "complete", "escalate": what may refuse.
  std::string owner;                         // Role that answers for its rules.
  // When people replace more than this share of a rule's outcomes within the window, its owner is told.
  struct Drift {
    Duration window;
    double above = 0;
    std::uint32_t at_least = 0;  // Outcomes; fewer say nothing.
  };
  std::optional<Drift> drift;
  std::shared_ptr<const script::SandboxImage> image;  // Where each run begins (run_start.hpp); may be null.
};

// What a person fills in, by its version: the SHA-256 of its file, hex.
struct Form {
  std::string name;
  std::string version;
  std::string text;  // The file.
  forms::JsonSchema schema;
};

struct MappingDefinition {
  std::string name;
  std::string module;
  std::string format;              // "hl7v2", "fhir", "ccda", "flat", "json".
  std::vector<std::string> types;  // Message types or resource types it takes: "ADT^A03", "ADT"; empty means any.
};

// The time that this thread has computed, in nanoseconds.
using CpuClock = std::uint64_t (*)();

class Program {
 public:
  // Completes the bundle from the standard library (standard_library.hpp; files() and hash() are those of the whole),
  // compiles every source and evaluates the definitions in a throw-away sandbox. Errors: bad_bundle, script_syntax,
  // script_error, each naming file and line.
  // `cpu_clock` is for its sandboxes (script::Options::cpu_clock_ns); a server gives one.
  static Result<std::shared_ptr<const Program>> compile(std::string name, BundleFiles files,
                                                        CpuClock cpu_clock = nullptr);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& hash() const { return hash_; }
  [[nodiscard]] CpuClock cpu_clock() const { return cpu_clock_; }
  [[nodiscard]] const BundleFiles& files() const { return files_; }
  [[nodiscard]] const std::vector<WorkflowDefinition>& workflows() const { return workflows_; }
  [[nodiscard]] const WorkflowDefinition* find_workflow(std::string_view name) const;
  [[nodiscard]] const std::vector<MappingDefinition>& mappings() const { return mappings_; }
  [[nodiscard]] bool has_activity(std::string_view name) const;
  // Bytecode of "workflows/x.lua" and so on; empty when there is none.
  [[nodiscard]] std::string_view bytecode(std::string_view path) const;
  // A calendar by its name; "" is the bundle's only one, or us_federal among several. Null when there is none.
  [[nodiscard]] const BusinessCalendar* calendar(std::string_view calendar_name) const;
  // Null when there is none.
  [[nodiscard]] const Form* form(std::string_view form_name) const;
  [[nodiscard]] const std::map<std::string, Form, std::less<>>& forms() const { return forms_; }

 private:
  Program() = default;
  [[nodiscard]] Status compile_sources();
  [[nodiscard]] Status examine_workflows();
  [[nodiscard]] Status examine_mappings();
  [[nodiscard]] Status examine_activities();
  [[nodiscard]] Status read_calendars();
  [[nodiscard]] Status read_forms();

  std::string name_;
  std::string hash_;
  CpuClock cpu_clock_ = nullptr;
  BundleFiles files_;
  std::map<std::string, std::string, std::less<>> bytecode_;
  std::map<std::string, BusinessCalendar, std::less<>> calendars_;
  std::map<std::string, Form, std::less<>> forms_;
  std::vector<WorkflowDefinition> workflows_;
  std::vector<MappingDefinition> mappings_;
  std::set<std::string, std::less<>> activities_;  // "module.function"
};

// Where the engine finds programs by hash. Implemented above, over the deployed bundles; must be thread-safe.
class ProgramSource {
 public:
  virtual ~ProgramSource() = default;
  // Null when no such bundle was ever deployed here.
  [[nodiscard]] virtual std::shared_ptr<const Program> find(std::string_view hash) const = 0;
};

}  // namespace baton
