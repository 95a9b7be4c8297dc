// The tables that SQL sees: their columns, what an index can answer, and where their rows come from. Knows nothing of
// SQLite. A source belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "persistence/store_reader.hpp"

namespace baton::sql {

using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Row = std::vector<Value>;

enum class Compare : std::uint8_t { equal, at_least, at_most };  // The open comparisons ask for a little more.

// What a query says of one column. Rows that do not fit may be left out, and need not be.
struct Condition {
  int column = 0;
  Compare compare = Compare::equal;
  std::string value;
};

class Source {
 public:
  virtual ~Source() = default;
  // Adds some rows, perhaps none; false when there are no more.
  [[nodiscard]] virtual Result<bool> fill(std::vector<Row>& rows) = 0;
};

// What one query wants of a table.
struct Scan {
  std::vector<Condition> conditions;
  bool names_patient = false;       // The column patient is used: a record of a list is a row for each patient on it.
  std::uint64_t* looked = nullptr;  // Counts what is read from the store.
};

struct Table {
  std::string name;
  std::vector<std::string> columns;  // The first is the key for people.
  std::map<int, bool> pushed;        // Column -> spans as well as equality are handed down.
  int number = -1;                   // The column that holds whole numbers; all others hold texts.
  std::function<std::unique_ptr<Source>(const StoreReader&, Scan)> open;
};

[[nodiscard]] const std::vector<Table>& tables();

}  // namespace baton::sql
