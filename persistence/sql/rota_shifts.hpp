// On which shift of a unit something happened, by the unit's rota: what the function shift() of the audit tables says where there is
// one. Reads the rows that gateway/work/roster.hpp writes: named rows "rotas", <unit>@<version>. Owned by one query.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "persistence/store_reader.hpp"

namespace baton::sql {

class RotaShifts {
 public:
  // All units' rotas: the latest version, and for times before its first shift the versions before it. Errors: the reader's.
  [[nodiscard]] static Result<RotaShifts> load(const StoreReader& reader);
  // The name of the shift that ran in the unit then: the person's own where they were on it, else the one that began last.
  // Empty where no rota says.
  [[nodiscard]] std::string name_at(const std::string& unit, const std::string& person, Instant at) const;

 private:
  struct Shift {
    std::string person, name;
    Instant from, to;
  };
  std::map<std::string, std::vector<Shift>> by_unit_;
};

}  // namespace baton::sql
