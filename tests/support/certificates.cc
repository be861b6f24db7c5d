// SPDX-License-Identifier: Apache-2.0
// Certificates for tests, over OpenSSL.
#include "support/certificates.hpp"

#include <memory>
#include <random>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace waxwing::testing {
namespace {

X509* make(const char* name, EVP_PKEY* key, long from_s, long until_s) {
  X509* const made = X509_new();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), static_cast<long>(std::random_device()() >> 1));
  X509_gmtime_adj(X509_getm_notBefore(made), from_s);
  X509_gmtime_adj(X509_getm_notAfter(made), until_s);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <class Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  write(bio.get());
  char* text = nullptr;
  const auto size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Authority::Authority()
    : key_(EVP_EC_gen("P-256")), certificate_(make("test authority", key_, -86400, 86400)) {
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_, key_, EVP_sha256());
  pem_ = pem_of([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_); });
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

Certificate Authority::sign(const char* names, long from_s, long until_s) const {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const made = make("test server", key, from_s, until_s);
  X509_set_issuer_name(made, X509_get_subject_name(certificate_));
  extend(made, certificate_, NID_subject_alt_name, names);
  X509_sign(made, key_, EVP_sha256());
  Certificate out;
  out.key_pem = pem_of(
      [&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
  out.chain_pem = pem_of([&](BIO* bio) { PEM_write_bio_X509(bio, made); }) + pem_;
  X509_free(made);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace waxwing::testing
