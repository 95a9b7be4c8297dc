// TLS settings made ready for use. OpenSSL stays behind this header. Immutable once made; shared by connections.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.hpp"

namespace baton {

struct TlsContext;  // Known to gateway/net/ only.

// Of clients, where an authority for them is given.
enum class ClientCertificates { required, optional };

// TLS 1.2 or later, with the server's certificate chain and key, both PEM files. With `client_authority` set, a
// certificate that a client shows must be signed by it; `required` refuses clients without one. Errors: bad_config naming
// the file.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> make_server_tls(
    const std::string& certificate_file, const std::string& key_file, const std::string& client_authority_file = "",
    ClientCertificates clients = ClientCertificates::required);
// Verifies servers against the system's authorities (which takes 50 ms to read) and, if given, one more PEM file; with
// `only_this`, against that file alone, which may hold the very certificate of the server. With a `peer_name` the certificate
// has to be for that name, whichever host is connected to. Errors: bad_config.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> make_client_tls(const std::string& authority_file = "",
                                                                  bool only_this = false, std::string peer_name = "");

}  // namespace baton
