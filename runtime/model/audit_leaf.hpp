// An audit record on its way into the ledger: the bytes that the tree hashes, and what the ledger's indexes say of them.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/model/audit_record.hpp"

namespace baton {

struct AuditLeaf {
  // The usual way: bytes and indexed fields of one record.
  AuditLeaf(AuditRecord&& record);  // NOLINT(google-explicit-constructor): a record is written as it is.
  AuditLeaf(const AuditRecord& record) : AuditLeaf(AuditRecord(record)) {}  // NOLINT(google-explicit-constructor)
  // From the bytes alone: the fields are read out of them, so that no record goes without its index rows. Bytes that are
  // no JSON object have no index rows but that of time.
  AuditLeaf(std::string leaf);                                   // NOLINT(google-explicit-constructor)
  AuditLeaf(const char* leaf) : AuditLeaf(std::string(leaf)) {}  // NOLINT(google-explicit-constructor)

  std::string bytes;                  // In the clear.
  std::vector<LeafMember> members;    // None for a leaf that was given as bytes: it is stored as it is.
  std::vector<std::string> beside;    // Evidence that the bytes name by its SHA-256.
  std::string patient;                // Read from stored bytes: perhaps a pseudonym.
  std::vector<std::string> patients;  // Of a list: all whose data was shown.
  std::string instance;
  std::string subject;  // Who did it.
  std::string action;
  std::string workflow;
  std::string bundle;
  std::string rule;
  std::string model;  // Its id.
  std::string outcome;
  std::string purpose;
  std::string source_event;
  Instant at;

 private:
  AuditLeaf(LeafText text, AuditRecord& record);
};

}  // namespace baton
