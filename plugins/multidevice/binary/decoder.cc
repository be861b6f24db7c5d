// SPDX-License-Identifier: Apache-2.0
// Octets to node, for octets that anybody may have made up.
#include <algorithm>
#include <optional>

#include "multidevice/binary/codec.hpp"
#include "multidevice/binary/compression.hpp"
#include "multidevice/binary/wire_tags.hpp"

namespace waxwing::multidevice {
namespace {

Status too_short() {
  return malformed("a node ends before it is complete");
}

// Any other value is what older servers called an agent, of a phone number.
std::string_view server_of(std::uint8_t domain) {
  switch (domain) {
    case wire::kDomainLid:
      return server::kLid;
    case wire::kDomainHosted:
      return server::kHosted;
    case wire::kDomainHostedLid:
      return server::kHostedLid;
    default:
      return server::kUser;
  }
}

class Decoder {
 public:
  Decoder(ByteView octets, const Dictionary& dictionary, const DecodeLimits& limits)
      : reader_(octets), dictionary_(dictionary), limits_(limits) {}

  Result<Node> node(std::size_t depth);
  [[nodiscard]] std::size_t remaining() const noexcept { return reader_.remaining(); }

 private:
  Result<std::uint8_t> octet();
  Result<std::size_t> number(std::size_t size);
  Result<std::optional<std::size_t>> list(std::uint8_t tag);
  Result<std::optional<ByteView>> binary(std::uint8_t tag);
  Result<std::string> packed(std::uint8_t tag);
  Result<std::string> text(std::uint8_t tag);
  Result<std::string> next_text();
  Result<std::optional<Jid>> jid(std::uint8_t tag);
  Result<AttributeValue> value();
  Status content(Node& node, std::size_t depth);
  Status count_items(std::size_t count);

  Reader reader_;
  const Dictionary& dictionary_;
  const DecodeLimits& limits_;
  std::size_t items_ = 0;
};

Result<std::uint8_t> Decoder::octet() {
  const std::optional<std::uint8_t> value = reader_.take_octet();
  if (!value) {
    return too_short();
  }
  return *value;
}

Result<std::size_t> Decoder::number(std::size_t size) {
  const std::optional<std::uint64_t> value = reader_.take_be(size);
  if (!value) {
    return too_short();
  }
  return static_cast<std::size_t>(*value);
}

Status Decoder::count_items(std::size_t count) {
  items_ += count;
  if (items_ > limits_.max_items) {
    return {Fault::Limit, "a node has too many parts"};
  }
  return {};
}

// The length of the list that this tag opens; nothing when it opens none.
Result<std::optional<std::size_t>> Decoder::list(std::uint8_t tag) {
  if (tag == wire::kListEmpty) {
    return std::optional<std::size_t>(0);
  }
  if (tag != wire::kList8 && tag != wire::kList16) {
    return std::optional<std::size_t>();
  }
  WAX_MD_TRY(const std::size_t count, number(tag == wire::kList8 ? 1 : 2));
  // Every item takes an octet at least.
  if (count > reader_.remaining()) {
    return too_short();
  }
  return std::optional(count);
}

Result<std::optional<ByteView>> Decoder::binary(std::uint8_t tag) {
  std::size_t size = 0;
  if (tag == wire::kBinary8) {
    WAX_MD_TRY(size, number(1));
  } else if (tag == wire::kBinary20) {
    WAX_MD_TRY(size, number(3));
    size &= 0xfffffU;
  } else if (tag == wire::kBinary32) {
    WAX_MD_TRY(size, number(4));
  } else {
    return std::optional<ByteView>();
  }
  const std::optional<ByteView> octets = reader_.take(size);
  if (!octets) {
    return too_short();
  }
  return octets;
}

Result<std::string> Decoder::packed(std::uint8_t tag) {
  WAX_MD_TRY(const std::uint8_t head, octet());
  const std::optional<ByteView> octets = reader_.take(head & 0x7fU);
  if (!octets) {
    return too_short();
  }
  const bool odd = (head & 0x80U) != 0;
  const std::string_view alphabet = tag == wire::kHex8 ? "0123456789ABCDEF" : "0123456789-.";
  std::string text;
  text.reserve(octets->size() * 2);
  for (const std::uint8_t pair : *octets) {
    for (const unsigned value : {unsigned{pair} >> 4U, unsigned{pair} & 0xfU}) {
      if (odd && text.size() + 1 == octets->size() * 2) {
        break;  // Padding.
      }
      if (value >= alphabet.size()) {
        return malformed("a packed text has a value that stands for no character");
      }
      text.push_back(alphabet[value]);
    }
  }
  return text;
}

Result<std::string> Decoder::text(std::uint8_t tag) {
  if (tag == wire::kListEmpty) {
    return std::string();
  }
  if (tag < Dictionary::kSingleCount) {
    return std::string(dictionary_.single(tag));
  }
  if (tag >= wire::kDictionary0 && tag < wire::kDictionary0 + Dictionary::kDoubleTables) {
    WAX_MD_TRY(const std::uint8_t index, octet());
    return std::string(
        dictionary_.pair(static_cast<std::uint8_t>(tag - wire::kDictionary0), index));
  }
  if (tag == wire::kHex8 || tag == wire::kNibble8) {
    return packed(tag);
  }
  WAX_MD_TRY(const std::optional<ByteView> octets, binary(tag));
  if (!octets) {
    return malformed("a text starts with tag " + std::to_string(tag));
  }
  return to_string(*octets);
}

Result<std::string> Decoder::next_text() {
  WAX_MD_TRY(const std::uint8_t tag, octet());
  return text(tag);
}

// The address that this tag opens; nothing when it opens none.
Result<std::optional<Jid>> Decoder::jid(std::uint8_t tag) {
  Jid jid;
  switch (tag) {
    case wire::kJidPair: {
      WAX_MD_TRY(jid.user, next_text());
      WAX_MD_TRY(jid.server, next_text());
      break;
    }
    case wire::kDeviceJid: {
      WAX_MD_TRY(const std::uint8_t domain, octet());
      WAX_MD_TRY(jid.device, octet());
      WAX_MD_TRY(jid.user, next_text());
      jid.server = server_of(domain);
      break;
    }
    case wire::kMessengerJid: {
      WAX_MD_TRY(jid.user, next_text());
      WAX_MD_TRY(const std::size_t device, number(2));
      WAX_MD_TRY(jid.server, next_text());
      jid.device = static_cast<std::uint16_t>(device);
      break;
    }
    case wire::kInteropJid: {
      WAX_MD_TRY(jid.user, next_text());
      WAX_MD_TRY(const std::size_t device, number(2));
      WAX_MD_TRY(const std::size_t integrator, number(2));
      WAX_MD_TRY(jid.server, next_text());
      jid.device = static_cast<std::uint16_t>(device);
      jid.integrator = static_cast<std::uint16_t>(integrator);
      break;
    }
    default:
      return std::optional<Jid>();
  }
  if (jid.server.empty()) {
    return malformed("an address has no server");
  }
  return std::optional(std::move(jid));
}

Result<AttributeValue> Decoder::value() {
  WAX_MD_TRY(const std::uint8_t tag, octet());
  WAX_MD_TRY(std::optional<Jid> address, jid(tag));
  if (address) {
    return AttributeValue(std::move(*address));
  }
  WAX_MD_TRY(std::string characters, text(tag));
  return AttributeValue(std::move(characters));
}

Status Decoder::content(Node& node, std::size_t depth) {
  WAX_MD_TRY(const std::uint8_t tag, octet());
  WAX_MD_TRY(const std::optional<std::size_t> count, list(tag));
  if (count) {
    WAX_MD_TRY_VOID(count_items(*count));
    Node::Children children;
    children.reserve(*count);
    for (std::size_t i = 0; i < *count; ++i) {
      WAX_MD_TRY(Node child, this->node(depth + 1));
      children.push_back(std::move(child));
    }
    node.set_children(std::move(children));
    return {};
  }
  WAX_MD_TRY(const std::optional<ByteView> octets, binary(tag));
  if (octets) {
    node.set_octets(to_bytes(*octets));
    return {};
  }
  WAX_MD_TRY(const std::optional<Jid> address, jid(tag));
  if (address) {
    node.set_text(address->to_string());
    return {};
  }
  WAX_MD_TRY(const std::string characters, text(tag));
  node.set_text(characters);
  return {};
}

Result<Node> Decoder::node(std::size_t depth) {
  if (depth > limits_.max_depth) {
    return Status(Fault::Limit, "nodes stand too deep in each other");
  }
  WAX_MD_TRY(const std::uint8_t tag, octet());
  WAX_MD_TRY(const std::optional<std::size_t> count, list(tag));
  if (!count || *count == 0) {
    return malformed("a node starts with tag " + std::to_string(tag));
  }
  WAX_MD_TRY(const std::string name, next_text());
  if (name.empty()) {
    return malformed("a node has no tag");
  }
  Node node(name);
  const std::size_t attributes = (*count - 1) / 2;
  WAX_MD_TRY_VOID(count_items(attributes));
  node.reserve_attributes(attributes);
  for (std::size_t i = 0; i < attributes; ++i) {
    WAX_MD_TRY(std::string key, next_text());
    WAX_MD_TRY(AttributeValue attribute, value());
    node.add_attribute({std::move(key), std::move(attribute)});
  }
  if (*count % 2 == 0) {
    WAX_MD_TRY_VOID(content(node, depth));
  }
  return node;
}

}  // namespace

Result<Node> decode(ByteView frame, DictionaryVersion version, const DecodeLimits& limits,
                    DecodeNotes* notes) {
  if (frame.empty()) {
    return malformed("a frame is empty");
  }
  const bool compressed = (frame[0] & wire::kFlagCompressed) != 0;
  ByteView body = frame.subspan(1);
  Bytes inflated;
  if (compressed) {
    WAX_MD_TRY(inflated, inflate(body, limits.max_inflated_bytes));
    body = inflated;
  }
  Decoder decoder(body, Dictionary::of(version), limits);
  Result<Node> node = decoder.node(0);
  if (node && notes != nullptr) {
    *notes = {compressed, decoder.remaining()};
  }
  return node;
}

}  // namespace waxwing::multidevice
