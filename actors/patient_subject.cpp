#include "actors/patient_subject.hpp"

#include <stdexcept>
#include <utility>

namespace baton {

PatientSubject::PatientSubject(std::string id, const StoreReader& reader, const BundleRegistry& bundles)
    : id_(std::move(id)), name_("patient " + id_), reader_(reader), bundles_(bundles) {}

Handled PatientSubject::handle(std::vector<PatientMessage> messages, Instant now) {
  if (!patient_) {
    auto stored = reader_.patient(id_);
    if (!stored.ok()) throw std::runtime_error(to_string(stored.error()));
    patient_.emplace(id_, *std::move(stored));
  }
  const std::shared_ptr<const LiveBundles> live = bundles_.live();
  return patient_->handle(std::move(messages), live->subscriptions, now);
}

std::uint64_t reply_to_of(const PatientMessage& message) {
  const auto* accept = std::get_if<AcceptMessage>(&message);
  return accept != nullptr ? accept->reply_to : 0;
}

}  // namespace baton
