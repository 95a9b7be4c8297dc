// Where a waiting script stands, and with which values in its hands: for people who look at a case. Plain data. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/model/operation.hpp"

namespace baton {

struct StandingValue {
  std::string name;
  JsonText value;      // Empty where it is no plain data, or too large to be shown.
  std::string said;    // What it is instead: "function", "table", "larger than 16384 bytes".
  bool outer = false;  // It belongs to a function around this one.
};

struct StandingFrame {
  std::string line;      // "discharge.lua:17"
  std::string function;  // As the source names it; empty where it does not.
  std::vector<StandingValue> values;
};

// One branch of the script: a coroutine, with the calls that it is in, innermost first.
struct StandingBranch {
  std::string path;                       // "" for the main one, "all.home/" and the like.
  std::optional<OperationSeq> waits_for;  // Nothing: it waits for its own branches.
  std::vector<StandingFrame> frames;
};

}  // namespace baton
