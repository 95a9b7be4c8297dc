#include "actors/patient_subject.hpp"

#include <stdexcept>
#include <utility>

#include "persistence/erasures.hpp"
#include "persistence/keys/pseudonym.hpp"

namespace baton {

PatientSubject::PatientSubject(std::string id, const StoreReader& reader, const BundleRegistry& bundles)
    : id_(std::move(id)), reader_(reader), bundles_(bundles) {}

std::string PatientSubject::name() const { return "patient " + reader_.store().pseudonyms().patient(id_); }

Handled PatientSubject::handle(std::vector<PatientMessage> messages, Instant now) {
  if (!patient_) {
    auto stored = reader_.patient(id_);
    const auto ended = record_has_ended(reader_, id_);
    if (!ended.ok()) throw std::runtime_error(to_string(ended.error()));
    // Who was erased and comes back is a new person to us, also while the erasure is still being carried out. Counting goes on from the
    // time, which is ahead of any count.
    const bool erased = *ended || (!stored.ok() && stored.error().code == ErrorCode::erased);
    if (!stored.ok() && !erased) throw std::runtime_error(to_string(stored.error()));
    if (erased) {
      patient_.emplace(id_, std::nullopt, static_cast<std::uint64_t>(now.ms));
    } else {
      patient_.emplace(id_, *std::move(stored));
    }
  }
  const std::shared_ptr<const LiveBundles> live = bundles_.live();
  const auto program_of = [this](const std::string& instance) -> std::shared_ptr<const Program> {
    const auto record = reader_.instance(instance);
    return record.ok() && record->has_value() ? bundles_.find((*record)->bundle) : nullptr;
  };
  return patient_->handle(std::move(messages), {live->subscriptions, program_of}, now);
}

void PatientSubject::add_consumed(Consumed& consumed, const PatientMessage& message) const {
  const auto* delivery = std::get_if<TakePatientDelivery>(&message);
  if (delivery != nullptr) consumed.add_delivery(delivery->record);
}

std::uint64_t reply_to_of(const PatientMessage& message) {
  if (const auto* erase = std::get_if<ErasePatient>(&message)) return erase->reply_to;
  const auto* accept = std::get_if<AcceptMessage>(&message);
  return accept != nullptr ? accept->reply_to : 0;
}

}  // namespace baton
