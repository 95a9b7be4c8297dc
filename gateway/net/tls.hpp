// TLS settings made ready for use. OpenSSL stays behind this header. Immutable once made; shared by connections.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.hpp"

namespace baton {

struct TlsContext;  // Known to gateway/net/ only.

// TLS 1.2 or later, with the server's certificate chain and key, both PEM files. With `client_authority` set, clients
// must show a certificate that it signed. Errors: bad_config naming the file.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> make_server_tls(const std::string& certificate_file,
                                                                  const std::string& key_file,
                                                                  const std::string& client_authority_file = "");
// Verifies servers against the system's authorities and, if given, one more PEM file. Errors: bad_config.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> make_client_tls(const std::string& authority_file = "");

}  // namespace baton
