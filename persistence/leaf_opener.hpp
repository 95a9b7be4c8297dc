// A record of the ledger as somebody who may read it sees it: what was sealed is back in its place, and pseudonyms are the ids
// that they stand for. Belongs to one thread; remembers pseudonyms while it lives.
//
// Of who was erased the pseudonym stays, and "erased" lists the members that nobody can read any more.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "persistence/store_reader.hpp"

namespace baton {

class LeafOpener {
 public:
  explicit LeafOpener(StoreReader reader) : reader_(std::move(reader)) {}

  // The record as canonical JSON; a leaf that hides nothing is itself. Errors: seal_broken, keys_unusable, the reader's.
  [[nodiscard]] Result<std::string> open(std::string_view leaf);
  // What lies beside a leaf, from the bytes stored there.
  [[nodiscard]] Result<std::string> open_beside(std::string_view stored) const;

 private:
  [[nodiscard]] Result<std::string> patient_of(std::string_view pseudonym);

  StoreReader reader_;
  std::map<std::string, std::string, std::less<>> known_;
};

}  // namespace baton
