#include "gateway/auth/certificate.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include "actors/log.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/private_file.hpp"

namespace baton {
namespace {

constexpr long kYears2 = 2L * 365 * 24 * 3600;
constexpr int kRenewedBefore = 30 * 24 * 3600;
constexpr Duration kWarnedBefore{std::int64_t{kRenewedBefore} * 1000};

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

Error failed(const std::string& what) {
  return {ErrorCode::io_failed, what, "mend the folder's rights, or configure http.certificate and http.key"};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string();
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  const bool is = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  return is;
}

bool is_any(const std::string& host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

// DNS names hold letters, digits, '-' and '.'; anything else would be read as more of the extension's syntax.
bool is_plain(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
                              std::string::npos;
}

std::string alternative_names(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (const std::string own = host_name(); is_plain(own) && own != "localhost") names += ",DNS:" + own;
  if (is_any(host) || host == "127.0.0.1" || host == "::1" || host == "localhost") return names;
  if (is_address(host)) return names + ",IP:" + host;
  return is_plain(host) ? names + ",DNS:" + host : names;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Certificate make_certificate(EVP_PKEY* key, const std::string& host) {
  Certificate made(X509_new(), X509_free);
  X509* certificate = made.get();
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return {nullptr, X509_free};
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kYears2);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Baton, self-signed"),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  const bool complete = add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
                        add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
                        add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
                        add_extension(certificate, NID_subject_alt_name, alternative_names(host)) &&
                        X509_sign(certificate, key, EVP_sha256()) > 0;
  return complete ? std::move(made) : Certificate(nullptr, X509_free);
}

Key key_in(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  return {file ? PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr) : nullptr, EVP_PKEY_free};
}

Certificate certificate_in(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"), std::fclose);
  return {file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, X509_free};
}

// What `write` writes as PEM; empty where it cannot.
template <typename Write>
std::string pem_by(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  char* begin = nullptr;
  if (!memory || write(memory.get()) != 1) return {};
  const long size = BIO_get_mem_data(memory.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

// Each is there whole or not at all, whatever cuts this short, and the key first: a certificate never stands beside a key that
// is not its own, since the next start finds the key and goes on with it.
Status write_pair(const CertificateFiles& files, EVP_PKEY* key, X509* certificate) {
  const std::string key_text =
      pem_by([&](BIO* to) { return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr); });
  const std::string text = pem_by([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
  if (key_text.empty() || text.empty()) return failed("the server's certificate could not be made");
  if (!replace_private_file(files.key, key_text).ok()) return failed("'" + files.key + "' cannot be written");
  if (!write_file_durably(files.certificate, text).ok() || ::chmod(files.certificate.c_str(), 0644) != 0) {
    return failed("'" + files.certificate + "' cannot be written");
  }
  return success();
}

// What lies there and cannot have been written by own_certificate() as it is: clients trust this certificate, so that another
// in its place is nothing to be done unasked. Null where it is whole.
const char* damage_of(X509* certificate, EVP_PKEY* key) {
  if (certificate == nullptr) return "the certificate cannot be read";
  if (key == nullptr) return "its key cannot be read";
  if (X509_check_private_key(certificate, key) != 1) return "certificate and key do not belong together";
  if (X509_verify(certificate, key) != 1) return "its signature is wrong";
  return nullptr;
}

bool lies_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Success also where they are not there at all.
Status check_whole(const CertificateFiles& files) {
  if (!lies_there(files.certificate) || !lies_there(files.key)) return success();
  for (const std::string& file : {files.certificate, files.key}) {
    if (::access(file.c_str(), R_OK) != 0) return failed("'" + file + "' cannot be read by this user");
  }
  const Certificate certificate = certificate_in(files.certificate);
  const Key key = key_in(files.key);
  const char* const damage = damage_of(certificate.get(), key.get());
  if (damage == nullptr) return success();
  return Error{ErrorCode::bad_config, "the server's own certificate '" + files.certificate + "' is damaged: " + damage,
               "put server.pem and server.key back from a backup; or move both away, and a new one is made, which "
               "clients have to be told of"};
}

bool is_for(X509* certificate, const std::string& host) {
  return is_address(host) ? X509_check_ip_asc(certificate, host.c_str(), 0) == 1
                          : X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr) == 1;
}

std::string text_of_address(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text) == nullptr ? std::string() : text;
}

// Of its alternative names the first of DNS, or else an address; of a wildcard a name that it covers.
std::string name_in(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::string address;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const one = sk_GENERAL_NAME_value(names.get(), i);
    if (one->type == GEN_IPADD) address = text_of_address(one->d.iPAddress);
    if (one->type != GEN_DNS) continue;
    const std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(one->d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(one->d.dNSName)));
    return name.starts_with("*.") ? "baton" + name.substr(1) : name;
  }
  return address;
}

bool still_good(const CertificateFiles& files, const std::string& host) {
  const Certificate certificate = certificate_in(files.certificate);
  if (!certificate || !lies_there(files.key)) return false;
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1) return false;
  if (days * 24L * 3600 + seconds < kRenewedBefore) return false;
  return is_any(host) || is_for(certificate.get(), host);
}

}  // namespace

Result<CertificateFiles> own_certificate(const std::string& folder, const std::string& host) {
  CertificateFiles files{folder + "/server.pem", folder + "/server.key"};
  if (Status whole = check_whole(files); !whole) return std::move(whole).error();
  if (still_good(files, host)) return files;
  log::info("server makes a certificate of its own: {}", files.certificate);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  Key key = key_in(files.key);
  if (!key) key.reset(EVP_EC_gen("P-256"));
  if (!key) return failed("no key could be made for the server's certificate");
  const Certificate certificate = make_certificate(key.get(), host);
  if (!certificate) return failed("the server's certificate could not be made");
  if (Status written = write_pair(files, key.get(), certificate.get()); !written) return std::move(written).error();
  return files;
}

Result<CertificateFacts> certificate_facts(const std::string& file, const std::string& host) {
  const Certificate certificate = certificate_in(file);
  std::tm end{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
    return Error{ErrorCode::bad_config, "'" + file + "' holds no certificate", "name a PEM file"};
  }
  CertificateFacts facts;
  facts.expires = {std::int64_t{::timegm(&end)} * 1000};
  facts.is_for_host = is_for(certificate.get(), host);
  facts.name = name_in(certificate.get());
  return facts;
}

std::optional<std::string> certificate_warning(const ServedCertificate& served, Instant now) {
  if (now + kWarnedBefore < served.expires) return std::nullopt;
  const bool over = served.expires < now;
  return "the certificate of " + served.listener + ", '" + served.file + "', " +
         (over ? "expired at " : "expires at ") + format_instant(served.expires) +
         (over ? ", and clients that look refuse it" : "") + ": " +
         (served.own ? "start Baton again, which makes another" : "replace it, and start Baton again");
}

}  // namespace baton
