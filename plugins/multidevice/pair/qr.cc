// SPDX-License-Identifier: Apache-2.0
// Making and reading the text of a QR code.
#include "multidevice/pair/qr.hpp"

#include <vector>

namespace waxwing::multidevice {
namespace {

constexpr std::string_view kUrl = "https://wa.me/settings/linked_devices#";
constexpr std::size_t kMaxTextBytes = 4096;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',')) {
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(comma + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<Secret<32>> key_of(std::string_view part) {
  auto octets = from_base64(part);
  if (!octets) {
    return std::nullopt;
  }
  const SecretBytes secret(std::move(*octets));
  return Secret<32>::from(secret);
}

PublicKey open_key(const Secret<32>& key) {
  return to_array<kKeyBytes>(key.view()).value_or(PublicKey{});
}

}  // namespace

std::string make_qr(const QrCode& code) {
  std::string text(kUrl);
  text.append(code.ref).append(",");
  text.append(to_base64(code.noise_key)).append(",");
  text.append(to_base64(code.identity_key)).append(",");
  text.append(to_base64(code.adv_secret));
  if (!code.client_type.empty()) {
    text.append(",").append(code.client_type);
  }
  return text;
}

Result<QrCode> parse_qr(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return malformed("the QR code's text is too long");
  }
  if (text.substr(0, 4) == "http") {
    const std::size_t hash = text.find('#');
    if (hash == std::string_view::npos) {
      return malformed("the QR code's URL has no fragment");
    }
    text.remove_prefix(hash + 1);
  }
  // A reference may contain commas, so the parts are counted from the end. A kind of client is
  // never as long as a key.
  std::vector<std::string_view> parts = split(text);
  QrCode code;
  if (parts.size() >= 5 && !key_of(parts.back())) {
    code.client_type = parts.back();
    parts.pop_back();
  }
  if (parts.size() < 4) {
    return malformed("the QR code has too few parts");
  }
  const auto secret = key_of(parts[parts.size() - 1]);
  const auto identity = key_of(parts[parts.size() - 2]);
  const auto noise = key_of(parts[parts.size() - 3]);
  if (!secret || !identity || !noise) {
    return malformed("a key of the QR code is not 32 octets in base64");
  }
  const std::string_view ref(
      text.data(), static_cast<std::size_t>(parts[parts.size() - 3].data() - text.data()) - 1);
  if (ref.empty()) {
    return malformed("the QR code has no reference");
  }
  code.ref = ref;
  code.noise_key = open_key(*noise);
  code.identity_key = open_key(*identity);
  code.adv_secret = *secret;
  return code;
}

}  // namespace waxwing::multidevice
