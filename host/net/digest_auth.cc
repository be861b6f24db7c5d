// SPDX-License-Identifier: Apache-2.0
// Digest challenges and their answers.
#include "net/digest_auth.hpp"

#include <array>
#include <initializer_list>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.hpp"
#include "net/http_head.hpp"

namespace waxwing::net {
namespace {

constexpr std::string_view kNonceCount = "00000001";

bool is_sha256(std::string_view algorithm) noexcept {
  return equal_ignoring_case(algorithm, "SHA-256") ||
         equal_ignoring_case(algorithm, "SHA-256-sess");
}

bool is_session(std::string_view algorithm) noexcept {
  return algorithm.size() > 5 &&
         equal_ignoring_case(algorithm.substr(algorithm.size() - 5), "-sess");
}

bool is_known(std::string_view algorithm) noexcept {
  return algorithm.empty() || equal_ignoring_case(algorithm, "MD5") ||
         equal_ignoring_case(algorithm, "MD5-sess") || is_sha256(algorithm);
}

// The parts joined with ':', hashed, in lower-case hex.
std::string hash(std::string_view algorithm, std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text.append(part).push_back(':');
  }
  text.pop_back();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const EVP_MD* const kind = is_sha256(algorithm) ? EVP_sha256() : EVP_md5();
  WAX_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, kind, nullptr) == 1);
  OPENSSL_cleanse(text.data(), text.size());  // one of them is the password
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 0xF];
  }
  return hex;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

// name=value and name="value", separated by commas. False when there is no next one.
bool next_parameter(std::string_view& rest, std::string& name, std::string& value) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == ',')) {
    rest.remove_prefix(1);
  }
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) {
    return false;
  }
  std::string_view key = rest.substr(0, equals);
  while (!key.empty() && key.back() == ' ') {
    key.remove_suffix(1);
  }
  name = lower_case(key);
  value.clear();
  rest.remove_prefix(equals + 1);
  while (!rest.empty() && rest.front() == ' ') {
    rest.remove_prefix(1);
  }
  if (!rest.starts_with('"')) {
    const std::size_t end = rest.find_first_of(", \t");
    value = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    return true;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
    }
    value += rest[i];
  }
  return false;
}

}  // namespace

std::optional<DigestChallenge> parse_digest_challenge(std::string_view header) {
  constexpr std::string_view kScheme = "Digest ";
  if (header.size() < kScheme.size() ||
      !equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  DigestChallenge challenge;
  std::string name;
  std::string value;
  bool has_qop = false;
  while (next_parameter(header, name, value)) {
    if (name == "realm") {
      challenge.realm = value;
    } else if (name == "nonce") {
      challenge.nonce = value;
    } else if (name == "opaque") {
      challenge.opaque = value;
      challenge.has_opaque = true;
    } else if (name == "algorithm") {
      challenge.algorithm = value;
    } else if (name == "stale") {
      challenge.stale = equal_ignoring_case(value, "true");
    } else if (name == "qop") {
      has_qop = true;
      const HttpHead words{0, {{"qop", value}}};
      challenge.qop_auth = words.has_token("qop", "auth");
    }
  }
  if (challenge.nonce.empty() || !is_known(challenge.algorithm) ||
      (has_qop && !challenge.qop_auth)) {
    return std::nullopt;
  }
  return challenge;
}

std::string digest_response(const DigestChallenge& challenge, std::string_view username,
                            std::string_view password, std::string_view method,
                            std::string_view uri, std::string_view cnonce) {
  const std::string_view algorithm = challenge.algorithm;
  std::string secret = hash(algorithm, {username, challenge.realm, password});
  if (is_session(algorithm)) {
    secret = hash(algorithm, {secret, challenge.nonce, cnonce});
  }
  const std::string what = hash(algorithm, {method, uri});
  const std::string response =
      challenge.qop_auth
          ? hash(algorithm, {secret, challenge.nonce, kNonceCount, cnonce, "auth", what})
          : hash(algorithm, {secret, challenge.nonce, what});
  OPENSSL_cleanse(secret.data(), secret.size());
  std::string out = "Digest username=" + quoted(username) + ", realm=" + quoted(challenge.realm) +
                    ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(uri) +
                    ", response=\"" + response + "\"";
  if (!algorithm.empty()) {
    out.append(", algorithm=").append(algorithm);
  }
  if (challenge.qop_auth) {
    out.append(", qop=auth, nc=").append(kNonceCount).append(", cnonce=").append(quoted(cnonce));
  } else if (is_session(algorithm)) {
    out.append(", cnonce=").append(quoted(cnonce));
  }
  if (challenge.has_opaque) {
    out.append(", opaque=").append(quoted(challenge.opaque));
  }
  return out;
}

}  // namespace waxwing::net
