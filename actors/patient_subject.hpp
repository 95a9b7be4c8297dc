// What a patient actor is about: the person's record, read from the store when a message first needs it. Owned by one
// actor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/bundle_registry.hpp"
#include "actors/commit_path.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/patient.hpp"

namespace baton {

class PatientSubject {
 public:
  using Message = PatientMessage;

  // Borrows both.
  PatientSubject(std::string id, const StoreReader& reader, const BundleRegistry& bundles);

  // Throws when the store cannot be read.
  [[nodiscard]] Handled handle(std::vector<PatientMessage> messages, Instant now);
  void forget() { patient_.reset(); }
  // A record without a script: there is nothing to drop but all of it.
  void cool_down() {}
  [[nodiscard]] std::size_t memory() const { return patient_ ? patient_->memory() : 0; }
  [[nodiscard]] bool over() const { return patient_ && !patient_->exists(); }
  [[nodiscard]] std::string name() const;
  void add_consumed(Consumed& consumed, const PatientMessage& message) const;

 private:
  std::string id_;
  const StoreReader& reader_;
  const BundleRegistry& bundles_;
  std::optional<Patient> patient_;
};

[[nodiscard]] std::uint64_t reply_to_of(const PatientMessage& message);

}  // namespace baton
