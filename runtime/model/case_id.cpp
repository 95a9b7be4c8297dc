#include "runtime/model/case_id.hpp"

#include "runtime/base/sha256.hpp"

namespace baton {

std::string case_id_of(std::string_view workflow, std::string_view patient, std::string_view key) {
  std::string named(patient);
  named += '\x1f';
  named += key;
  return std::string(workflow) + ":" + to_hex(sha256(named)).substr(0, 16);
}

}  // namespace baton
