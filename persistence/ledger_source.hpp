// The ledger's rows as they lie in the store. Thread-safe.
#pragma once

#include <memory>

#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/store.hpp"

namespace baton {

class StoreLedgerSource final : public LedgerSource {
 public:
  // Borrows the store.
  explicit StoreLedgerSource(const Store& store) : store_(store) {}
  // A store that cannot be read is not a ledger without the row: where a block is damaged, the row is there and cannot be
  // understood (it is empty), and the place is remembered. Assertion: any other read that fails ends the process.
  [[nodiscard]] std::optional<std::string> get(std::string_view key) const override;
  [[nodiscard]] std::optional<LedgerRow> floor(std::string_view key) const override;

 private:
  const Store& store_;
};

}  // namespace baton
