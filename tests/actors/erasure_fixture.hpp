// A node with persons whose stays have ended, and the words of one of them that must not outlast an erasure.
#pragma once

#include <rocksdb/env.h>

#include <set>
#include <string>
#include <vector>

#include "persistence/erasures.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/keys/row_opener.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"
#include "runtime/engine/patient.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {

inline constexpr const char* kMapping = R"lua(
local mapping = require "mapping"
local function get(m, name, field)
  for _, segment in ipairs(m.segments) do
    if segment.name == name then
      local found = segment.fields[field]
      return found and found[1] and found[1][1] and found[1][1][1] or nil
    end
  end
end
return mapping.define {
  name = "adt", format = "hl7v2", types = { "ADT" },
  map = function(m)
    if m.trigger == "A99" then return nil, "nobody knows A99" end
    local event = {
      type = "encounter.admitted", occurred_at = "2025-11-20T12:00:00Z", encounter = get(m, "PV1", 19),
      patient = { identifiers = { { system = "H", value = get(m, "PID", 3), type = "MR" } }, name = { family = get(m, "PID", 5) } },
    }
    if m.trigger == "A40" then
      event.type = "patient.merged"
      event.merge = { identifiers = { { system = "H", value = get(m, "MRG", 1), type = "MR" } } }
    end
    return { event }
  end,
}
)lua";

inline const std::vector<std::string> kCanaries = {"QUETZAL", "MRN-0815", "VISIT-77", "fractured", "sertraline"};

inline std::string adt(const std::string& control_id, const std::string& trigger, const std::string& patient,
                       const std::string& encounter, const std::string& merged = {}) {
  return "MSH|^~\\&|REG|HOSP|BATON|HOSP|20251120120000||ADT^" + trigger + "|" + control_id + "|P|2.5.1\rPID|1||" +
         patient + "^^^H^MR||QUETZAL^DORA\r" + (merged.empty() ? "" : "MRG|" + merged + "^^^H^MR\r") +
         "PV1|1|I|||||||||||||||||" + encounter + "\r";
}

inline Principal person(const std::string& subject) {
  Principal by = nurse();
  by.subject = subject;
  return by;
}

class Erasing : public ::testing::Test {
 protected:
  explicit Erasing(std::uint64_t seed = 1) : world_(seed) {
    BundleFiles files;
    files["workflows/flow.lua"] = R"lua(
      local workflow = require "workflow"
      return workflow.define { name = "flow", on = { event = "encounter.admitted", key = "encounter" },
        search = { diagnosis = "keyword" },
        run = function(ctx, input)
          ctx:set("diagnosis", "fractured hip")
          ctx:decide("drug", { outcome = "hold", reason = "takes sertraline", evidence = { input } })
          local go = ctx:wait_signal("go")
          return go
        end })lua";
    files["mappings/adt.lua"] = kMapping;
    world_.deploy(files);
  }

  void accept(const std::string& raw) {
    AcceptRequest request;
    request.format = "hl7v2";
    request.raw = raw;
    world_.tell(request);
    world_.run();
  }
  [[nodiscard]] static std::string patient(const std::string& number) { return patient_id_of({{"H", number, "MR"}}); }
  [[nodiscard]] std::vector<InstanceRecord> cases_of(const std::string& who) {
    InstanceFilter filter;
    filter.patient = who;
    return world_.node().reader().list_instances(filter, {}, 100)->items;
  }
  // A stay that ended, for the person with this record number.
  void have_stayed(const std::string& number, const std::string& control_id, const std::string& encounter) {
    accept(adt(control_id, "A01", number, encounter));
    end_cases_of(number);
  }
  void end_cases_of(const std::string& number) {
    for (const InstanceRecord& record : cases_of(patient(number))) {
      if (!record.open()) continue;
      EXPECT_TRUE(world_.signal(record.id, "go", R"({"why":"sertraline"})").ok());
    }
    world_.run();
  }

  std::string requested(const std::string& who) {
    const JsonText answer =
        world_.tell(EraseRequest{"request", "", who, "gdpr-17-1-b", "consent withdrawn", person("records-1")});
    return boost::json::value_to<std::string>(boost::json::parse(answer).at("id"));
  }
  Result<JsonText> decided(const std::string& id, const char* action = "approve", const char* by = "officer-2") {
    return world_.ask(EraseRequest{action, id, "", "", "checked", person(by)});
  }
  [[nodiscard]] Erasure erasure(const std::string& id) {
    return find_erasure(world_.node().reader(), id).value().value();
  }

  // Everything that can be had from the store by who has it and all its keys, and its files as they are.
  std::string all_that_can_be_read() {
    const Store& store = world_.node().reader().store();
    std::string all;
    for (std::uint32_t number = 0; number < kColumnFamilies; ++number) {
      const auto family = static_cast<ColumnFamily>(number);
      rocksdb::ReadOptions options;
      options.total_order_seek = true;
      const std::unique_ptr<rocksdb::Iterator> rows(
          store.rocks().db->NewIterator(options, store.rocks().family(family)));
      for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
        if (family == ColumnFamily::named && rows->key()[0] == 1) continue;  // Bundles: sources of scripts.
        std::string opened;
        const auto plain = open_row(store.keys(), family, view(rows->key()), view(rows->value()), opened);
        all.append(view(rows->key())).append("=").append(plain.ok() ? *plain : view(rows->value())).append("\n");
      }
    }
    const StoreLedgerSource source(store);
    LeafOpener opener(world_.node().reader());
    LedgerCursor cursor(source, 0);
    for (auto leaf = cursor.next(); leaf.ok(); leaf = cursor.next()) all += opener.open(*leaf).value() + "\n";
    return all;
  }
  static std::string canaries_in(const std::string& text) {
    std::string found;
    for (const std::string& canary : kCanaries) {
      const std::size_t at = text.find(canary);
      if (at != text.npos) found += canary + " in " + text.substr(at > 200 ? at - 200 : 0, 300) + "\n";
    }
    return found;
  }
  std::string canaries_in_files() {
    rocksdb::Env& env = *world_.options().env;
    std::string found;
    for (const char* folder : {"/baton", "/baton/store", "/baton/keys"}) {
      std::vector<std::string> names;
      EXPECT_TRUE(env.GetChildren(folder, &names).ok());
      for (const std::string& name : names) {
        std::string content;
        if (!rocksdb::ReadFileToString(&env, std::string(folder) + "/" + name, &content).ok()) continue;
        for (const std::string& canary : {kCanaries[0], kCanaries[1], kCanaries[2]}) {
          if (content.find(canary) != content.npos) found += canary + " in " + name + "\n";
        }
      }
    }
    return found;
  }

  NodeWorld world_;
};

}  // namespace baton::testing
