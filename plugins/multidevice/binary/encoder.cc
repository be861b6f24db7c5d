// SPDX-License-Identifier: Apache-2.0
// Node to octets: the shortest form that every client reads.
#include <algorithm>
#include <limits>
#include <optional>

#include "multidevice/binary/codec.hpp"
#include "multidevice/binary/wire_tags.hpp"

namespace waxwing::multidevice {
namespace {

constexpr int kNotPackable = -1;

constexpr int nibble_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c == '-' ? 10 : c == '.' ? 11 : kNotPackable;
}

// Upper case only: the decoder gives upper case back.
constexpr int hex_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : kNotPackable;
}

std::optional<std::uint8_t> domain_of(std::string_view server) {
  if (server == server::kUser) {
    return wire::kDomainUser;
  }
  if (server == server::kLid) {
    return wire::kDomainLid;
  }
  if (server == server::kHosted) {
    return wire::kDomainHosted;
  }
  if (server == server::kHostedLid) {
    return wire::kDomainHostedLid;
  }
  return std::nullopt;
}

class Encoder {
 public:
  explicit Encoder(const Dictionary& dictionary) : dictionary_(dictionary) {}

  Status node(const Node& node);
  [[nodiscard]] Bytes take() { return std::move(out_); }
  void octet(std::uint8_t value) { out_.push_back(value); }

 private:
  Status list(std::size_t count);
  Status raw(ByteView octets);
  Status text(std::string_view text);
  bool packed(std::string_view text, std::uint8_t tag, int (*value_of)(char));
  Status jid(const Jid& jid);
  Status value(const AttributeValue& value);
  Status content(const Node& node);

  const Dictionary& dictionary_;
  Bytes out_;
};

Status Encoder::list(std::size_t count) {
  if (count > std::numeric_limits<std::uint16_t>::max()) {
    return {Fault::Argument, "a node has more than 65535 parts"};
  }
  if (count == 0) {
    octet(wire::kListEmpty);
  } else if (count < 256) {
    octet(wire::kList8);
    octet(static_cast<std::uint8_t>(count));
  } else {
    octet(wire::kList16);
    append_be(out_, count, 2);
  }
  return {};
}

Status Encoder::raw(ByteView octets) {
  if (octets.size() > std::numeric_limits<std::uint32_t>::max()) {
    return {Fault::Argument, "a node's content is 4 GiB or more"};
  }
  if (octets.size() < 256) {
    octet(wire::kBinary8);
    append_be(out_, octets.size(), 1);
  } else if (octets.size() < (1U << 20U)) {
    octet(wire::kBinary20);
    append_be(out_, octets.size(), 3);
  } else {
    octet(wire::kBinary32);
    append_be(out_, octets.size(), 4);
  }
  append(out_, octets);
  return {};
}

bool Encoder::packed(std::string_view text, std::uint8_t tag, int (*value_of)(char)) {
  if (text.size() > wire::kPackedMax ||
      !std::all_of(text.begin(), text.end(), [&](char c) { return value_of(c) >= 0; })) {
    return false;
  }
  const bool odd = text.size() % 2 != 0;
  octet(tag);
  octet(static_cast<std::uint8_t>((text.size() + 1) / 2 | (odd ? 0x80U : 0U)));
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int low = i + 1 < text.size() ? value_of(text[i + 1]) : 15;
    octet(static_cast<std::uint8_t>(value_of(text[i]) << 4 | low));
  }
  return true;
}

Status Encoder::text(std::string_view text) {
  if (text.empty()) {
    return raw({});
  }
  if (const std::optional<Token> token = dictionary_.find(text)) {
    if (token->table != Token::kSingle) {
      octet(static_cast<std::uint8_t>(wire::kDictionary0 + token->table));
    }
    octet(token->index);
    return {};
  }
  if (packed(text, wire::kNibble8, nibble_of) || packed(text, wire::kHex8, hex_of)) {
    return {};
  }
  return raw(as_bytes(text));
}

Status Encoder::jid(const Jid& jid) {
  const bool interop = jid.server == server::kInterop || jid.integrator != 0;
  const std::optional<std::uint8_t> domain = domain_of(jid.server);
  // The device address has 8 bits for the device and names persons only.
  const bool wide =
      jid.device > std::numeric_limits<std::uint8_t>::max() || (jid.device != 0 && !domain);
  if (interop || wide || jid.server == server::kMessenger) {
    octet(interop ? wire::kInteropJid : wire::kMessengerJid);
    WAX_MD_TRY_VOID(text(jid.user));
    append_be(out_, jid.device, 2);
    if (interop) {
      append_be(out_, jid.integrator, 2);
    }
    return text(jid.server);
  }
  if (jid.device != 0) {
    octet(wire::kDeviceJid);
    octet(*domain);
    octet(static_cast<std::uint8_t>(jid.device));
    return text(jid.user);
  }
  octet(wire::kJidPair);
  if (jid.user.empty()) {
    octet(wire::kListEmpty);
  } else {
    WAX_MD_TRY_VOID(text(jid.user));
  }
  return text(jid.server);
}

Status Encoder::value(const AttributeValue& value) {
  if (const auto* address = std::get_if<Jid>(&value)) {
    return jid(*address);
  }
  return text(std::get<std::string>(value));
}

Status Encoder::content(const Node& node) {
  if (const auto* octets = std::get_if<Bytes>(&node.content())) {
    return raw(*octets);
  }
  if (const auto* words = std::get_if<std::string>(&node.content())) {
    return text(*words);
  }
  WAX_MD_TRY_VOID(list(node.children().size()));
  for (const Node& child : node.children()) {
    WAX_MD_TRY_VOID(this->node(child));
  }
  return {};
}

Status Encoder::node(const Node& node) {
  if (node.tag().empty()) {
    return {Fault::Argument, "a node has no tag"};
  }
  const bool has_content = !std::holds_alternative<std::monostate>(node.content());
  WAX_MD_TRY_VOID(list(1 + 2 * node.attributes().size() + (has_content ? 1 : 0)));
  WAX_MD_TRY_VOID(text(node.tag()));
  for (const Attribute& attribute : node.attributes()) {
    WAX_MD_TRY_VOID(text(attribute.name));
    WAX_MD_TRY_VOID(value(attribute.value));
  }
  return has_content ? content(node) : Status::ok();
}

}  // namespace

Result<Bytes> encode(const Node& node, DictionaryVersion version) {
  Encoder encoder(Dictionary::of(version));
  encoder.octet(0);
  WAX_MD_TRY_VOID(encoder.node(node));
  return encoder.take();
}

}  // namespace waxwing::multidevice
