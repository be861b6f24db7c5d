// SPDX-License-Identifier: Apache-2.0
// Reading and writing of Signal messages; field numbers as in libsignal's WhisperTextProtocol.
#include "multidevice/signal/wire_messages.hpp"

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint8_t kVersion = kSignalVersion >> 4U;

// 05 and 32 octets.
bool read_key(const WireField& field, PublicKey& out) {
  if (!field.octets || field.octets->size() != kKeyBytes + 1 || (*field.octets)[0] != kKeyType) {
    return false;
  }
  out = *to_array<kKeyBytes>(field.octets->subspan(1));
  return true;
}

bool read_number(const WireField& field, std::uint32_t& out) {
  out = static_cast<std::uint32_t>(field.value);
  return !field.octets && field.value <= UINT32_MAX;
}

bool read_octets(const WireField& field, ByteView& out) {
  out = field.octets.value_or(ByteView());
  return field.octets.has_value();
}

// The protobuf between the version and `tail` octets at the end; nothing when it cannot be there.
std::optional<ByteView> body_of(ByteView octets, std::size_t tail) {
  if (octets.size() < 1 + tail || octets[0] >> 4U != kVersion || (octets[0] & 0x0fU) < kVersion) {
    return std::nullopt;
  }
  return octets.subspan(1, octets.size() - 1 - tail);
}

// Gives each field to take(field), which answers a bit of what it got (0: not one of ours), and
// says whether all of `wanted` came.
template <class Take>
DecryptFault read_all(std::optional<ByteView> body, std::uint32_t wanted, Take take) {
  if (!body) {
    return DecryptFault::InvalidMessage;
  }
  DecryptFault fault = DecryptFault::None;
  std::uint32_t got = 0;
  WireReader reader(*body);
  while (const auto field = reader.next()) {
    got |= 1U << (take(*field, fault) & 31U);
    if (fault != DecryptFault::None) {
      return fault;
    }
  }
  return !reader.broken() && (got & wanted) == wanted ? fault : DecryptFault::InvalidMessage;
}

constexpr std::uint32_t bits(std::initializer_list<std::uint32_t> numbers) {
  std::uint32_t out = 0;
  for (const std::uint32_t number : numbers) {
    out |= 1U << number;
  }
  return out;
}

void need(bool valid, DecryptFault otherwise, DecryptFault& fault) {
  if (!valid) {
    fault = otherwise;
  }
}
constexpr auto kBadKey = DecryptFault::InvalidKey;
constexpr auto kBad = DecryptFault::InvalidMessage;

Bytes versioned(std::size_t room) {
  Bytes out;
  out.reserve(room);
  out.push_back(kSignalVersion);
  return out;
}

}  // namespace

DecryptFault WhisperMessage::parse(ByteView octets, WhisperMessage& out) {
  const auto body = body_of(octets, kMacBytes);
  if (body) {
    out.authenticated = octets.first(octets.size() - kMacBytes);
    out.mac = octets.last(kMacBytes);
  }
  return read_all(body, bits({1, 2, 4}), [&](const WireField& field, DecryptFault& fault) {
    switch (field.number) {
      case 1:
        need(read_key(field, out.ratchet_key), kBadKey, fault);
        break;
      case 2:
        need(read_number(field, out.counter), kBad, fault);
        break;
      case 3:
        need(read_number(field, out.previous_counter), kBad, fault);
        break;
      case 4:
        need(read_octets(field, out.ciphertext), kBad, fault);
        break;
      default:
        return 0U;
    }
    return field.number;
  });
}

Bytes WhisperMessage::write(const PublicKey& ratchet_key, std::uint32_t counter,
                            std::uint32_t previous_counter, ByteView ciphertext) {
  Bytes out = versioned(ciphertext.size() + 64 + kMacBytes);
  append_field(out, 1, with_key_type(ratchet_key));
  append_field(out, 2, counter);
  append_field(out, 3, previous_counter);
  append_field(out, 4, ciphertext);
  return out;
}

DecryptFault PreKeyWhisperMessage::parse(ByteView octets, PreKeyWhisperMessage& out) {
  return read_all(body_of(octets, 0), bits({2, 3, 4, 6}),
                  [&](const WireField& field, DecryptFault& fault) {
                    std::uint32_t number = 0;
                    switch (field.number) {
                      case 1:
                        need(read_number(field, number), kBad, fault);
                        out.prekey_id = number;
                        break;
                      case 2:
                        need(read_key(field, out.base_key), kBadKey, fault);
                        break;
                      case 3:
                        need(read_key(field, out.identity), kBadKey, fault);
                        break;
                      case 4:
                        need(read_octets(field, out.message), kBad, fault);
                        break;
                      case 5:
                        need(read_number(field, out.registration_id), kBad, fault);
                        break;
                      case 6:
                        need(read_number(field, out.signed_prekey_id), kBad, fault);
                        break;
                      default:
                        return 0U;
                    }
                    return field.number;
                  });
}

Bytes PreKeyWhisperMessage::write() const {
  Bytes out = versioned(message.size() + 100);
  if (prekey_id) {
    append_field(out, 1, *prekey_id);
  }
  append_field(out, 2, with_key_type(base_key));
  append_field(out, 3, with_key_type(identity));
  append_field(out, 4, message);
  append_field(out, 5, registration_id);
  append_field(out, 6, signed_prekey_id);
  return out;
}

DecryptFault SenderKeyDistribution::parse(ByteView octets, SenderKeyDistribution& out) {
  return read_all(
      body_of(octets, 0), bits({1, 2, 3, 4}), [&](const WireField& field, DecryptFault& fault) {
        switch (field.number) {
          case 1:
            need(read_number(field, out.id), kBad, fault);
            break;
          case 2:
            need(read_number(field, out.iteration), kBad, fault);
            break;
          case 3:
            need(read_octets(field, out.chain_key) && out.chain_key.size() == 32, kBad, fault);
            break;
          case 4:
            need(read_key(field, out.signing_key), kBadKey, fault);
            break;
          default:
            return 0U;
        }
        return field.number;
      });
}

Bytes SenderKeyDistribution::write() const {
  Bytes out = versioned(100);
  append_field(out, 1, id);
  append_field(out, 2, iteration);
  append_field(out, 3, chain_key);
  append_field(out, 4, with_key_type(signing_key));
  return out;
}

DecryptFault SenderKeyMessage::parse(ByteView octets, SenderKeyMessage& out) {
  const auto body = body_of(octets, kSignatureBytes);
  if (body) {
    out.authenticated = octets.first(octets.size() - kSignatureBytes);
    out.signature = octets.last(kSignatureBytes);
  }
  return read_all(body, bits({1, 2, 3}), [&](const WireField& field, DecryptFault& fault) {
    switch (field.number) {
      case 1:
        need(read_number(field, out.id), kBad, fault);
        break;
      case 2:
        need(read_number(field, out.iteration), kBad, fault);
        break;
      case 3:
        need(read_octets(field, out.ciphertext), kBad, fault);
        break;
      default:
        return 0U;
    }
    return field.number;
  });
}

Bytes SenderKeyMessage::write(std::uint32_t id, std::uint32_t iteration, ByteView ciphertext) {
  Bytes out = versioned(ciphertext.size() + 16 + kSignatureBytes);
  append_field(out, 1, id);
  append_field(out, 2, iteration);
  append_field(out, 3, ciphertext);
  return out;
}

}  // namespace waxwing::multidevice
