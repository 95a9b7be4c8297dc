#include "gateway/net/tls.hpp"

#include "gateway/net/tls_context.hpp"

namespace baton {
namespace {

namespace ssl = boost::asio::ssl;

Error wrong_file(const std::string& what, const std::string& file, const boost::system::error_code& error) {
  return {ErrorCode::bad_config, what + " '" + file + "' cannot be used: " + error.message(),
          "name a readable PEM file"};
}

std::shared_ptr<TlsContext> make_context(ssl::context::method method) {
  auto made = std::make_shared<TlsContext>(TlsContext{ssl::context(method), {}});
  made->context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                            ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  return made;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_server_tls(const std::string& certificate_file, const std::string& key_file,
                                                    const std::string& client_authority_file,
                                                    ClientCertificates clients) {
  auto made = make_context(ssl::context::tls_server);
  boost::system::error_code error;
  made->context.use_certificate_chain_file(certificate_file, error);
  if (error) return wrong_file("the certificate", certificate_file, error);
  made->context.use_private_key_file(key_file, ssl::context::pem, error);
  if (error) return wrong_file("the key", key_file, error);
  if (!client_authority_file.empty()) {
    made->context.load_verify_file(client_authority_file, error);
    if (error) return wrong_file("the clients' authority", client_authority_file, error);
    const auto required = clients == ClientCertificates::required ? ssl::verify_fail_if_no_peer_cert : ssl::verify_none;
    made->context.set_verify_mode(ssl::verify_peer | required);
    // A session that is taken up again has to be one of this context, or it is refused with the certificate unseen.
    SSL_CTX_set_session_id_context(made->context.native_handle(), reinterpret_cast<const unsigned char*>("baton"), 5);
  }
  return made;
}

Result<std::shared_ptr<TlsContext>> make_client_tls(const std::string& authority_file, bool only_this,
                                                    std::string peer_name) {
  auto made = make_context(ssl::context::tls_client);
  boost::system::error_code error;
  if (!only_this || authority_file.empty()) made->context.set_default_verify_paths(error);
  if (error) return wrong_file("the system's authorities", "", error);
  if (!authority_file.empty()) {
    made->context.load_verify_file(authority_file, error);
    if (error) return wrong_file("the authority", authority_file, error);
  }
  // Of this file alone, each certificate may be trusted by itself, without the one that signed it.
  if (only_this)
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(made->context.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  made->context.set_verify_mode(ssl::verify_peer);
  made->peer_name = std::move(peer_name);
  return made;
}

}  // namespace baton
