#include "persistence/keys/patient_id.hpp"

#include "persistence/keys/pseudonym.hpp"

namespace baton {

Status check_patient_id(std::string_view id) {
  if (!is_pseudonym(id)) return success();
  return Error{ErrorCode::bad_field, "patient is a pseudonym, as sealed records have it, and no patient's id",
               "give the id as GET /v1/patients lists it"};
}

}  // namespace baton
