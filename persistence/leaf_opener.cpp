#include "persistence/leaf_opener.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "persistence/key_space.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/keys/row_opener.hpp"
#include "persistence/keys/sealed_leaf.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/model/canonical_json.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

std::string bound_to(std::string_view what) {
  return std::string(1, static_cast<char>(ColumnFamily::audit)).append(what);
}

struct SealedPart {
  std::string value;
  json::value fields;
};

std::optional<SealedPart> sealed_part(const json::object& leaf) {
  const auto* const sealed = leaf.if_contains(kSealedMember);
  if (sealed == nullptr || !sealed->is_object()) return std::nullopt;
  const auto* const value = sealed->get_object().if_contains("value");
  const auto* const fields = sealed->get_object().if_contains("fields");
  if (value == nullptr || !value->is_string() || fields == nullptr) return std::nullopt;
  auto bytes = decode_base64(value->get_string());
  if (!bytes) return std::nullopt;
  return SealedPart{*std::move(bytes), *fields};
}

}  // namespace

Result<std::string> LeafOpener::patient_of(std::string_view pseudonym) {
  const auto known = known_.find(pseudonym);
  if (known != known_.end()) return known->second;
  const auto id = reader_.patient_behind(pseudonym);
  if (!id.ok()) return id.error();
  return known_.emplace(pseudonym, id->value_or(std::string(pseudonym))).first->second;
}

Result<std::string> LeafOpener::open(std::string_view leaf) {
  if (leaf.find("\"sealed\":") == leaf.npos && leaf.find("\"~") == leaf.npos) return std::string(leaf);
  auto document = parse_own_document(leaf);
  if (!document.ok() || !document->is_object()) return std::string(leaf);
  json::object& object = document->get_object();
  if (const auto part = sealed_part(object)) {
    object.erase(kSealedMember);
    const auto plain = open_sealed(reader_.store().keys(), bound_to(kLeafBound), part->value);
    if (!plain.ok() && plain.error().code != ErrorCode::erased) return plain.error();
    if (!plain.ok()) {
      object["erased"] = part->fields;
    } else if (auto members = parse_own_document(*plain); members.ok() && members->is_object()) {
      for (auto& member : members->get_object()) object[member.key()] = std::move(member.value());
    }
  }
  const auto resolve = [this](json::value& value) -> Status {
    if (!value.is_string() || !is_pseudonym(value.get_string())) return success();
    const auto id = patient_of(value.get_string());
    if (!id.ok()) return id.error();
    value = *id;
    return success();
  };
  if (auto* const patient = object.if_contains("patient")) {
    if (const Status found = resolve(*patient); !found.ok()) return found.error();
  }
  if (auto* const patients = object.if_contains("patients"); patients != nullptr && patients->is_array()) {
    for (json::value& each : patients->get_array()) {
      if (const Status found = resolve(each); !found.ok()) return found.error();
    }
  }
  std::string opened;
  (void)append_canonical_json(opened, json::serialize(object));
  return opened;
}

Result<std::string> LeafOpener::open_beside(std::string_view stored) const {
  if (!is_sealed(stored)) return std::string(stored);
  return open_sealed(reader_.store().keys(), bound_to(kBesideBound), stored);
}

}  // namespace baton
