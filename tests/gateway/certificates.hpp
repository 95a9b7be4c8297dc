// Certificates made for one test, and a TLS client that can be told to behave badly. Files go to a folder of the test's.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace baton {

struct Freed {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename T>
using OpenSsl = std::unique_ptr<T, Freed>;

// PEM files.
struct Issued {
  std::string certificate;
  std::string key;
};
// Seconds from now.
struct Validity {
  long from = -3600;
  long to = 3600;
};

class Authority {
 public:
  Authority(std::string folder, std::string name) : folder_(std::move(folder)), name_(std::move(name)) {
    key_.reset(EVP_EC_gen("P-256"));
    certificate_ = make(name_, key_.get(), {}, true, {}, key_.get());
    write(file(), [this](std::FILE* out) { PEM_write_X509(out, certificate_.get()); });
  }
  [[nodiscard]] std::string file() const { return folder_ + "/" + name_ + ".pem"; }

  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  Issued issue(const std::string& name, const std::string& names, Validity validity = {}) {
    const OpenSsl<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const OpenSsl<X509> certificate = make(name, key.get(), names, false, validity, key_.get());
    Issued issued{folder_ + "/" + name + ".pem", folder_ + "/" + name + ".key"};
    write(issued.certificate, [&](std::FILE* out) { PEM_write_X509(out, certificate.get()); });
    write(issued.key,
          [&](std::FILE* out) { PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    return issued;
  }

 private:
  OpenSsl<X509> make(const std::string& name, EVP_PKEY* key, const std::string& names, bool authority,
                     Validity validity, EVP_PKEY* signer) {
    OpenSsl<X509> made(X509_new());
    X509* const x509 = made.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(x509), validity.from);
    X509_gmtime_adj(X509_getm_notAfter(x509), validity.to);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(certificate_ ? certificate_.get() : x509));
    extend(x509, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!names.empty()) extend(x509, NID_subject_alt_name, names);
    if (X509_sign(x509, signer, EVP_sha256()) == 0) throw std::runtime_error("sign");
    return made;
  }
  static void extend(X509* x509, int kind, const std::string& value) {
    const OpenSsl<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    if (!extension || X509_add_ext(x509, extension.get(), -1) == 0) throw std::runtime_error("extension " + value);
  }
  template <typename Write>
  static void write(const std::string& path, Write fill) {
    std::FILE* const out = std::fopen(path.c_str(), "w");
    if (out == nullptr) throw std::runtime_error("write " + path);
    fill(out);
    std::fclose(out);
  }

  std::string folder_, name_;
  long serial_ = 0;
  OpenSsl<EVP_PKEY> key_;
  OpenSsl<X509> certificate_;
};

struct TlsWireOptions {
  int highest_version = 0;  // TLS1_1_VERSION...; 0: whatever OpenSSL has.
  Issued shown;             // The client's own certificate; empty for none.
};

// A blocking TLS connection that trusts whoever answers.
class TlsWire {
 public:
  explicit TlsWire(std::uint16_t port, const TlsWireOptions& options = {})
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)), context_(SSL_CTX_new(TLS_client_method())) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
    const timeval patience{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");  // Old versions are offered only then.
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    if (options.highest_version != 0) SSL_CTX_set_max_proto_version(context_.get(), options.highest_version);
    if (!options.shown.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context_.get(), options.shown.certificate.c_str());
      SSL_CTX_use_PrivateKey_file(context_.get(), options.shown.key.c_str(), SSL_FILETYPE_PEM);
    }
    connection_.reset(SSL_new(context_.get()));
    SSL_set_fd(connection_.get(), fd_);
    connected_ = SSL_connect(connection_.get()) == 1;
  }
  ~TlsWire() {
    connection_.reset();
    ::close(fd_);
    ERR_clear_error();
  }
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  // With TLS 1.3 a server refuses a client's certificate only after this says true: read to know.
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(connection_.get()); }
  bool send(std::string_view bytes) {
    return connected_ && SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  // Everything up to and with `end`; what came when the peer ended first.
  std::string read_until(std::string_view end) {
    std::string text;
    char byte = 0;
    while (connected_ && text.find(end) == std::string::npos && SSL_read(connection_.get(), &byte, 1) == 1) {
      text.push_back(byte);
    }
    return text;
  }

 private:
  int fd_;
  OpenSsl<SSL_CTX> context_;
  OpenSsl<SSL> connection_;
  bool connected_ = false;
};

}  // namespace baton
