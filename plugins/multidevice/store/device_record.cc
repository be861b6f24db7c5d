// SPDX-License-Identifier: Apache-2.0
// The record as protobuf fields. Numbers are for ever; what is not known is left out by older code.
#include "multidevice/store/device_record.hpp"

#include "multidevice/base/wire.hpp"
#include "multidevice/crypto/random.hpp"

namespace waxwing::multidevice {
namespace {

enum Field : std::uint32_t {
  kNoiseKey = 1,
  kIdentity = 2,
  kRegistrationId = 3,
  kSignedPrekey = 4,
  kPreviousSignedPrekey = 5,
  kSignedPrekeyMade = 6,
  kNextPrekeyId = 7,
  kPn = 8,
  kLid = 9,
  kPlatform = 10,
  kBusinessName = 11,
  kPushName = 12,
  kSignedIdentity = 13,
  kAccountKey = 14,
  kKeyIndex = 15,
  kLoggedIn = 16,
};

// Both halves: deriving the public one would cost every login.
constexpr std::size_t kPairBytes = 2 * kKeyBytes;
constexpr std::size_t kSignedPrekeyBytes = 4 + kPairBytes + kSignatureBytes;

void append_pair(Bytes& to, const KeyPair& pair) {
  append(to, pair.secret);
  append(to, pair.open);
}

void append_pair_field(Bytes& to, Field number, const KeyPair& pair) {
  Bytes octets;
  octets.reserve(kPairBytes);
  append_pair(octets, pair);
  const SecretBytes secret(std::move(octets));
  append_field(to, number, secret.view());
}

void append_signed(Bytes& to, Field number, const SignedPrekey& prekey) {
  Bytes octets;
  octets.reserve(kSignedPrekeyBytes);
  append_be(octets, prekey.id, 4);
  append_pair(octets, prekey.key);
  append(octets, prekey.signature);
  const SecretBytes secret(std::move(octets));
  append_field(to, number, secret.view());
}

bool read(KeyPair& pair, ByteView octets) {
  if (octets.size() != kPairBytes) {
    return false;
  }
  pair.secret = PrivateKey::from(octets.first(kKeyBytes)).value_or(PrivateKey());
  pair.open = to_array<kKeyBytes>(octets.last(kKeyBytes)).value_or(PublicKey{});
  return true;
}

bool read(SignedPrekey& prekey, ByteView octets) {
  if (octets.size() != kSignedPrekeyBytes) {
    return false;
  }
  prekey.id = static_cast<std::uint32_t>(from_be(octets.first(4)));
  prekey.signature = to_array<kSignatureBytes>(octets.last(kSignatureBytes)).value_or(Signature{});
  return read(prekey.key, octets.subspan(4, kPairBytes));
}

bool read(Jid& jid, ByteView octets) {
  auto parsed = Jid::parse(as_text(octets));
  jid = parsed.value_or(Jid{});
  return parsed.has_value();
}

bool read(PublicKey& key, ByteView octets) {
  const auto array = to_array<kKeyBytes>(octets);
  key = array.value_or(PublicKey{});
  return array.has_value();
}

}  // namespace

SignedPrekey SignedPrekey::make(std::uint32_t id, const KeyPair& identity) {
  SignedPrekey out;
  out.id = id;
  out.key = KeyPair::generate();
  out.signature = sign(identity.secret, {with_key_type(out.key.open)});
  return out;
}

DeviceRecord DeviceRecord::fresh(std::uint64_t now_s) {
  DeviceRecord record;
  record.noise_key = KeyPair::generate();
  record.identity = KeyPair::generate();
  record.registration_id = 1 + random_below(16380);
  record.signed_prekey = SignedPrekey::make(1, record.identity);
  record.signed_prekey_made_s = now_s;
  return record;
}

SecretBytes DeviceRecord::encode() const {
  Bytes out;
  out.reserve(1024);  // so that growing leaves no copies of keys behind
  append_pair_field(out, kNoiseKey, noise_key);
  append_pair_field(out, kIdentity, identity);
  append_field(out, kRegistrationId, std::uint64_t{registration_id});
  append_signed(out, kSignedPrekey, signed_prekey);
  if (previous_signed_prekey.id != 0) {
    append_signed(out, kPreviousSignedPrekey, previous_signed_prekey);
  }
  append_field(out, kSignedPrekeyMade, signed_prekey_made_s);
  append_field(out, kNextPrekeyId, std::uint64_t{next_prekey_id});
  if (paired()) {
    append_field(out, kPn, as_bytes(pn.to_string()));
    if (!lid.empty()) {
      append_field(out, kLid, as_bytes(lid.to_string()));
    }
    append_field(out, kPlatform, as_bytes(platform));
    append_field(out, kBusinessName, as_bytes(business_name));
    append_field(out, kPushName, as_bytes(push_name));
    append_field(out, kSignedIdentity, ByteView(signed_identity));
    append_field(out, kAccountKey, ByteView(account_key));
    append_field(out, kKeyIndex, std::uint64_t{key_index});
    append_field(out, kLoggedIn, std::uint64_t{logged_in ? 1U : 0U});
  }
  return SecretBytes(std::move(out));
}

Result<DeviceRecord> DeviceRecord::decode(ByteView octets) {
  DeviceRecord record;
  bool valid = true;
  std::uint32_t keys = 0;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    switch (field->number) {
      case kNoiseKey:
        valid &= read(record.noise_key, value);
        ++keys;
        break;
      case kIdentity:
        valid &= read(record.identity, value);
        ++keys;
        break;
      case kRegistrationId:
        record.registration_id = static_cast<std::uint32_t>(field->value);
        break;
      case kSignedPrekey:
        valid &= read(record.signed_prekey, value);
        ++keys;
        break;
      case kPreviousSignedPrekey:
        valid &= read(record.previous_signed_prekey, value);
        break;
      case kSignedPrekeyMade:
        record.signed_prekey_made_s = field->value;
        break;
      case kNextPrekeyId:
        record.next_prekey_id = static_cast<std::uint32_t>(field->value);
        break;
      case kPn:
        valid &= read(record.pn, value);
        break;
      case kLid:
        valid &= read(record.lid, value);
        break;
      case kPlatform:
        record.platform = to_string(value);
        break;
      case kBusinessName:
        record.business_name = to_string(value);
        break;
      case kPushName:
        record.push_name = to_string(value);
        break;
      case kSignedIdentity:
        record.signed_identity = to_bytes(value);
        break;
      case kAccountKey:
        valid &= read(record.account_key, value);
        break;
      case kKeyIndex:
        record.key_index = static_cast<std::uint32_t>(field->value);
        break;
      case kLoggedIn:
        record.logged_in = field->value != 0;
        break;
      default:
        break;
    }
  }
  if (!valid || reader.broken() || keys != 3) {
    return malformed("the stored credentials cannot be read");
  }
  return record;
}

void DeviceRecord::put_into(StoreBatch& batch) const {
  batch.put(rows::kDevice, std::string(rows::kCreds), encode());
}

std::string prekey_row(std::uint32_t id) {
  return to_hex(to_be<3>(id));
}

}  // namespace waxwing::multidevice
