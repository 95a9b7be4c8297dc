#include "gateway/work/drift_watch.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <map>

#include "persistence/sql/audit_sql.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr const char* kWorkflow = "rule_drift";

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// The rows of one SELECT.
Result<json::array> rows_of(const StoreReader& reader, const std::string& query) {
  const auto answer = run_audit_sql(reader, query);
  if (!answer.ok()) return answer.error();
  const auto parsed = parse_own_document(*answer);
  if (!parsed.ok()) return parsed.error();
  return parsed->as_object().at("rows").as_array();
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : std::string();
}
std::int64_t number_of(const json::value& value) { return value.is_number() ? value.to_number<std::int64_t>() : 0; }

Status add_drifts(const StoreReader& reader, const WorkflowDefinition& definition, Instant now,
                  std::vector<RuleDrift>& into) {
  const Instant from = now - definition.drift->window;
  const std::string where =
      " WHERE workflow = " + quoted(definition.name) + " AND at >= " + quoted(format_instant(from));
  const auto replaced =
      rows_of(reader, "SELECT rule, count(*), max(line) FROM overrides" + where + " AND kind = 'person' GROUP BY rule");
  if (!replaced.ok()) return replaced.error();
  if (replaced->empty()) return success();
  const auto decided = rows_of(reader, "SELECT rule, count(*) FROM decisions" + where + " GROUP BY rule");
  if (!decided.ok()) return decided.error();
  std::map<std::string, std::int64_t> decisions;
  for (const json::value& row : *decided) decisions[text_of(row.as_array()[0])] = number_of(row.as_array()[1]);
  for (const json::value& row : *replaced) {
    RuleDrift drift;
    drift.workflow = definition.name;
    drift.rule = text_of(row.as_array()[0]);
    drift.overrides = number_of(row.as_array()[1]);
    drift.line = text_of(row.as_array()[2]);
    drift.owner = definition.owner;
    drift.decisions = decisions[drift.rule];
    drift.above = definition.drift->above;
    drift.from = from;
    // Replaced now, decided before the window: then at least as many decisions as were replaced.
    const std::int64_t outcomes = std::max(drift.decisions, drift.overrides);
    drift.drifts = outcomes >= definition.drift->at_least &&
                   static_cast<double>(drift.overrides) > drift.above * static_cast<double>(outcomes);
    into.push_back(std::move(drift));
  }
  return success();
}

}  // namespace

Result<std::vector<RuleDrift>> rule_drifts(const StoreReader& reader,
                                           const std::vector<std::shared_ptr<const Program>>& live, Instant now) {
  std::vector<RuleDrift> drifts;
  for (const auto& program : live) {
    for (const WorkflowDefinition& definition : program->workflows()) {
      if (!definition.drift) continue;
      if (Status added = add_drifts(reader, definition, now, drifts); !added) return added.error();
    }
  }
  return drifts;
}

JsonText to_json(const RuleDrift& drift) {
  JsonWriter writer;
  writer.begin_object()
      .key("above")
      .number(drift.above)
      .field("decisions", drift.decisions)
      .flag("drifts", drift.drifts);
  writer.field("from", format_instant(drift.from))
      .optional_field("line", drift.line)
      .field("overrides", drift.overrides);
  writer.optional_field("owner", drift.owner).field("rule", drift.rule).field("workflow", drift.workflow).end_object();
  return std::move(writer).take();
}

void ask_owners(Node& node) {
  if (node.live_program(kWorkflow) == nullptr) return;
  const auto drifts = rule_drifts(node.reader(), node.live_programs(), node.now());
  if (!drifts.ok()) return;
  for (const RuleDrift& drift : *drifts) {
    if (!drift.drifts) continue;
    const std::int64_t window = std::max<std::int64_t>(1, (node.now() - drift.from).ms);
    StartRequest start;
    start.workflow = kWorkflow;
    // The same id again is the same case: one question for each rule and window. Its input is not in its identity, so an
    // id that is taken answers without a second case.
    start.id = "drift/" + drift.workflow + "/" + drift.rule + "/" + std::to_string(node.now().ms / window);
    start.business_key = drift.workflow + "/" + drift.rule;
    start.input = to_json(drift);
    (void)node.submit_and_wait(std::move(start));
  }
}

struct DriftWatch::State : std::enable_shared_from_this<DriftWatch::State> {
  State(Node& its_node, IoLoop& its_loop, Duration its_pause) : node(its_node), loop(its_loop), pause(its_pause) {}

  void tick() {
    if (stopped) return;
    worker.run([self = shared_from_this()](bool ok) {
      if (ok && !self->stopped) ask_owners(self->node);
    });
    timer = loop.after(pause, [self = shared_from_this()] { self->tick(); });
  }

  Node& node;
  IoLoop& loop;
  const Duration pause;
  std::atomic<std::uint64_t> timer{0};
  std::atomic<bool> stopped{false};
  ReadWorker worker{4};  // The last: its thread ends before what it uses.
};

DriftWatch::DriftWatch(Node& node, IoLoop& loop, Duration pause) : state_(std::make_shared<State>(node, loop, pause)) {
  loop.post([state = state_] { state->tick(); });
}

DriftWatch::~DriftWatch() {
  state_->stopped = true;
  state_->loop.cancel(state_->timer);
  state_->worker.stop();
}

}  // namespace baton
