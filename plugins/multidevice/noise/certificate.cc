// SPDX-License-Identifier: Apache-2.0
// CertChain { leaf 1, intermediate 2 }, NoiseCertificate { details 1, signature 2 }, Details {
// serial 1, issuerSerial 2, key 3, notBefore 4, notAfter 5 }.
#include "multidevice/noise/certificate.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "multidevice/base/wire.hpp"
#include "multidevice/crypto/signature.hpp"

namespace waxwing::multidevice {
namespace {

struct Signed {
  ByteView details;
  ByteView signature;
};

Result<Signed> parse_signed(const std::optional<ByteView>& octets, const std::string& name) {
  std::optional<ByteView> details;
  std::optional<ByteView> signature;
  WireReader reader(octets.value_or(ByteView()));
  while (const auto field = reader.next()) {
    if (field->number == 1) {
      details = field->octets;
    } else if (field->number == 2) {
      signature = field->octets;
    }
  }
  if (reader.broken() || !details || !signature) {
    return malformed("the " + name + " certificate is missing or incomplete");
  }
  if (signature->size() != kSignatureBytes) {
    return malformed("the " + name + " certificate's signature is not 64 octets long");
  }
  return Signed{*details, *signature};
}

Result<Certificate> parse_details(ByteView octets, const std::string& name) {
  Certificate out;
  std::optional<PublicKey> key;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    switch (field->number) {
      case 1:
        out.serial = static_cast<std::uint32_t>(field->value);
        break;
      case 2:
        out.issuer_serial = static_cast<std::uint32_t>(field->value);
        break;
      case 3:
        key = to_array<kKeyBytes>(field->octets.value_or(ByteView()));
        break;
      case 4:
        out.not_before_s = field->value;
        break;
      case 5:
        out.not_after_s = field->value;
        break;
      default:
        break;
    }
  }
  if (reader.broken() || !key) {
    return malformed("the " + name + " certificate has no key of 32 octets");
  }
  out.key = *key;
  return out;
}

Status check_time(const Certificate& certificate, std::uint64_t now_s, const std::string& name) {
  if (now_s < certificate.not_before_s) {
    return untrusted("the " + name + " certificate is not valid yet");
  }
  if (now_s > certificate.not_after_s) {
    return untrusted("the " + name + " certificate has expired");
  }
  return Status::ok();
}

Bytes encode_details(const Certificate& certificate) {
  Bytes out;
  append_field(out, 1, certificate.serial);
  append_field(out, 2, certificate.issuer_serial);
  append_field(out, 3, ByteView(certificate.key));
  append_field(out, 4, certificate.not_before_s);
  append_field(out, 5, certificate.not_after_s);
  return out;
}

Bytes encode_signed(const Certificate& certificate, const PrivateKey& issuer) {
  const Bytes details = encode_details(certificate);
  Bytes out;
  append_field(out, 1, ByteView(details));
  append_field(out, 2, ByteView(sign(issuer, {details})));
  return out;
}

}  // namespace

Result<VerifiedServer> verify_chain(ByteView chain, const PublicKey& root,
                                    const PublicKey& server_key, std::uint64_t now_s) {
  std::optional<ByteView> leaf_octets;
  std::optional<ByteView> intermediate_octets;
  WireReader reader(chain);
  while (const auto field = reader.next()) {
    if (field->number == 1) {
      leaf_octets = field->octets;
    } else if (field->number == 2) {
      intermediate_octets = field->octets;
    }
  }
  if (reader.broken()) {
    return malformed("the certificate chain cannot be read");
  }
  WAX_MD_TRY(const Signed intermediate, parse_signed(intermediate_octets, "intermediate"));
  WAX_MD_TRY(const Signed leaf, parse_signed(leaf_octets, "leaf"));

  if (!verify(root, {intermediate.details}, intermediate.signature)) {
    return untrusted("the intermediate certificate is not signed by the root");
  }
  WAX_MD_TRY(const Certificate issuer, parse_details(intermediate.details, "intermediate"));
  if (issuer.issuer_serial != kRootSerial) {
    return untrusted("the intermediate certificate names another issuer than the root");
  }
  WAX_MD_TRY_VOID(check_time(issuer, now_s, "intermediate"));

  if (!verify(issuer.key, {leaf.details}, leaf.signature)) {
    return untrusted("the leaf certificate is not signed by the intermediate one");
  }
  WAX_MD_TRY(const Certificate certificate, parse_details(leaf.details, "leaf"));
  if (certificate.issuer_serial != issuer.serial) {
    return untrusted("the leaf certificate names another issuer than the intermediate one");
  }
  if (certificate.key != server_key) {
    return untrusted("the leaf certificate is for another key than the server's");
  }
  WAX_MD_TRY_VOID(check_time(certificate, now_s, "leaf"));
  return VerifiedServer{server_key, std::min(issuer.not_after_s, certificate.not_after_s)};
}

Bytes make_chain(const PrivateKey& root, const Certificate& intermediate,
                 const PrivateKey& intermediate_key, const Certificate& leaf) {
  Bytes out;
  append_field(out, 1, ByteView(encode_signed(leaf, intermediate_key)));
  append_field(out, 2, ByteView(encode_signed(intermediate, root)));
  return out;
}

}  // namespace waxwing::multidevice
