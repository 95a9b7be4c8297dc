// The certificate that a server makes for itself at its first start: self-signed, for localhost, this host's name and the
// address it listens on. Those who are to trust it are told the file (client_file.hpp).
#pragma once

#include <optional>
#include <string>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct CertificateFiles {
  std::string certificate, key;  // PEM files.
};

// The files in `folder`, made if they are not there, if they end within a month, or if they are not for `host`. The key
// file is readable by its owner only. Files that are there and damaged are left as they are. Errors: io_failed; bad_config
// for damaged ones.
[[nodiscard]] Result<CertificateFiles> own_certificate(const std::string& folder, const std::string& host);

// What is to be known of the first certificate in a PEM file.
struct CertificateFacts {
  Instant expires;
  bool is_for_host = false;  // For the host that was asked about: a name or an address.
  std::string name;          // One that it is for; empty where it names none.
};
// Errors: bad_config where the file holds none.
[[nodiscard]] Result<CertificateFacts> certificate_facts(const std::string& file, const std::string& host);

// A certificate as it was read at the start, and what is to be said of it: that it has ended, or does so within a month.
struct ServedCertificate {
  std::string listener;  // "http" or "mllp".
  std::string file;
  bool own = false;  // The server has made it.
  Instant expires;
};
[[nodiscard]] std::optional<std::string> certificate_warning(const ServedCertificate& served, Instant now);

}  // namespace baton
