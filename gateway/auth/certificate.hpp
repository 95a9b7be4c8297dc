// The certificate that a server makes for itself at its first start: self-signed, for localhost, this host's name and the
// address it listens on. Those who are to trust it are told the file (client_file.hpp).
#pragma once

#include <string>

#include "runtime/base/result.hpp"

namespace baton {

struct CertificateFiles {
  std::string certificate, key;  // PEM files.
};

// The files in `folder`, made if they are not there, if they end within a month, or if they are not for `host`. The key
// file is readable by its owner only. Files that are there and damaged are left as they are. Errors: io_failed; bad_config
// for damaged ones.
[[nodiscard]] Result<CertificateFiles> own_certificate(const std::string& folder, const std::string& host);

}  // namespace baton
