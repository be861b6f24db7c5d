// SPDX-License-Identifier: Apache-2.0
// WebAuthn's JSON. All members that are read are base64url or fixed, so they have no escapes.
#include "webauthn.hpp"

#include <algorithm>
#include <optional>

#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/signature.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::string_view kRelyingParty = "web.whatsapp.com";
constexpr std::string_view kOrigin = "https://web.whatsapp.com";
constexpr std::size_t kCredentialBytes = 16;

std::string to_base64url(md::ByteView octets) {
  std::string text = md::to_base64(octets);
  std::erase(text, '=');
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<md::Bytes> from_base64url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return md::from_base64(text);
}

std::string member(std::string_view json, std::string_view name) {
  const std::string begin = "\"" + std::string(name) + "\":\"";
  const std::size_t at = json.find(begin);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::size_t from = at + begin.size();
  return std::string(json.substr(from, json.find('"', from) - from));
}

md::Bytes credential_of(const Account& account) {
  const md::Sha256 hash = md::sha256(md::ByteView(account.identity.open));
  return md::to_bytes(md::ByteView(hash).first(kCredentialBytes));
}

// Hash of the relying party, flags (user present and verified), a counter.
md::Bytes authenticator_data() {
  static constexpr std::uint8_t kFlagsAndCounter[] = {0x05, 0, 0, 0, 1};
  return md::concat({md::sha256(md::as_bytes(kRelyingParty)), kFlagsAndCounter});
}

}  // namespace

std::string passkey_options(const Account& account, md::ByteView challenge) {
  return R"({"challenge":")" + to_base64url(challenge) + R"(","timeout":60000,"rpId":")" +
         std::string(kRelyingParty) + R"(","allowCredentials":[{"id":")" +
         to_base64url(credential_of(account)) +
         R"(","type":"public-key","transports":["internal","hybrid"]}],"userVerification":"required"})";
}

std::string passkey_assertion(const Account& account, std::string_view challenge) {
  const std::string client = R"({"type":"webauthn.get","challenge":")" + std::string(challenge) +
                             R"(","origin":")" + std::string(kOrigin) + R"("})";
  const md::Bytes data = authenticator_data();
  const md::Sha256 hash = md::sha256(md::as_bytes(client));
  const md::Signature signature = md::sign(account.identity.secret, {data, hash});
  const std::string id = to_base64url(credential_of(account));
  return R"({"id":")" + id + R"(","rawId":")" + id +
         R"(","type":"public-key","response":{"clientDataJSON":")" +
         to_base64url(md::as_bytes(client)) + R"(","authenticatorData":")" + to_base64url(data) +
         R"(","signature":")" + to_base64url(signature) + R"("}})";
}

md::Status check_passkey_assertion(const Account& account, md::ByteView challenge,
                                   md::ByteView credential, std::string_view assertion) {
  const md::Bytes own = credential_of(account);
  if (!std::equal(own.begin(), own.end(), credential.begin(), credential.end()) ||
      from_base64url(member(assertion, "rawId")) != own) {
    return md::untrusted("the credential is another");
  }
  const auto client = from_base64url(member(assertion, "clientDataJSON"));
  const auto data = from_base64url(member(assertion, "authenticatorData"));
  const auto octets = from_base64url(member(assertion, "signature"));
  const auto signature = octets ? md::to_array<64>(*octets) : std::nullopt;
  if (!client || !data || !signature) {
    return md::malformed("the assertion lacks a part");
  }
  const std::string_view text = md::as_text(*client);
  if (member(text, "challenge") != to_base64url(challenge) || member(text, "origin") != kOrigin) {
    return md::untrusted("the assertion is for another challenge");
  }
  if (!md::verify(account.identity.open, {*data, md::sha256(*client)}, *signature)) {
    return md::untrusted("the signature does not hold");
  }
  return {};
}

}  // namespace waxwing::simulator
