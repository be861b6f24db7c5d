// SPDX-License-Identifier: Apache-2.0
// Signatures and HMACs of ADV. They cover octets as they came; nothing signed is written again.
#include "multidevice/pair/device_identity.hpp"

#include <multidevice/proto/adv.pb.h>

#include "multidevice/crypto/hash.hpp"

namespace waxwing::multidevice {
namespace {

// What stands before the signed octets: who signs, and whether the device is hosted.
constexpr std::uint8_t kAccountPrefix[] = {6, 0};
constexpr std::uint8_t kDevicePrefix[] = {6, 1};
constexpr std::uint8_t kHostedPrefix[] = {6, 5};
constexpr std::uint8_t kHostedDevicePrefix[] = {6, 6};

template <class Message>
Bytes serialized(const Message& message) {
  return to_bytes(as_bytes(message.SerializeAsString()));
}
template <class Message>
bool parse(Message& message, ByteView octets) {
  return message.ParseFromArray(octets.data(), static_cast<int>(octets.size()));
}
template <class Octets>
std::string text(const Octets& octets) {
  return to_string(ByteView(octets));
}

Sha256 container_hmac(const AdvSecret& secret, ByteView details, bool hosted) {
  return hmac_sha256(secret, {hosted ? ByteView(kHostedPrefix) : ByteView(), details});
}

}  // namespace

Bytes grant_device(const DeviceGrant& grant, const KeyPair& account, const AdvSecret& secret) {
  return grant_device_for_test(grant, account, secret, {});
}

Bytes grant_device_for_test(const DeviceGrant& grant, const KeyPair& account,
                            const AdvSecret& secret, const GrantFaults& faults) {
  pb::AdvDeviceIdentity identity;
  identity.set_raw_id(grant.raw_id);
  identity.set_timestamp(grant.timestamp_s);
  identity.set_key_index(grant.key_index);
  identity.set_account_type(pb::E2EE);
  identity.set_device_type(pb::E2EE);
  const Bytes details = serialized(identity);

  const ByteView prefix = faults.hosted_prefix ? ByteView(kHostedPrefix) : ByteView(kAccountPrefix);
  Signature signature = sign(account.secret, {prefix, details, grant.companion_identity});
  signature[10] = static_cast<std::uint8_t>(signature[10] ^ (faults.wrong_signature ? 1U : 0U));

  pb::AdvSignedDeviceIdentity signed_identity;
  signed_identity.set_details(text(details));
  signed_identity.set_account_signature_key(text(account.open));
  signed_identity.set_account_signature(text(signature));
  const Bytes signed_octets = serialized(signed_identity);

  Sha256 hmac = container_hmac(secret, signed_octets, false);
  hmac[10] = static_cast<std::uint8_t>(hmac[10] ^ (faults.wrong_hmac ? 1U : 0U));
  pb::AdvSignedDeviceIdentityHmac container;
  container.set_details(text(signed_octets));
  container.set_hmac(text(hmac));
  return serialized(container);
}

Bytes encode_key_index_list(std::uint32_t raw_id, std::uint64_t timestamp_s,
                            std::span<const std::uint32_t> valid_indexes) {
  pb::AdvKeyIndexList list;
  list.set_raw_id(raw_id);
  list.set_timestamp(timestamp_s);
  std::uint32_t highest = 0;
  for (const std::uint32_t index : valid_indexes) {
    list.add_valid_indexes(index);
    highest = std::max(highest, index);
  }
  list.set_current_index(highest);
  pb::AdvSignedKeyIndexList signed_list;
  signed_list.set_details(text(serialized(list)));
  return serialized(signed_list);
}

AcceptResult accept_device_identity(ByteView container, std::span<const AdvSecret* const> secrets,
                                    const KeyPair& own_identity) {
  const auto failed = [](PairFault fault) { return AcceptResult{fault, {}}; };
  pb::AdvSignedDeviceIdentityHmac outer;
  if (!parse(outer, container) || !outer.has_details() || !outer.has_hmac()) {
    return failed(PairFault::Malformed);
  }
  const ByteView signed_octets = as_bytes(outer.details());
  bool authentic = false;
  for (const AdvSecret* secret : secrets) {
    const Sha256 expected =
        container_hmac(*secret, signed_octets, outer.account_type() == pb::HOSTED);
    authentic |= equal_secret(expected, as_bytes(outer.hmac()));
  }
  if (!authentic) {
    return failed(PairFault::HmacMismatch);
  }

  pb::AdvSignedDeviceIdentity identity;
  pb::AdvDeviceIdentity details;
  if (!parse(identity, signed_octets) || !parse(details, as_bytes(identity.details()))) {
    return failed(PairFault::Malformed);
  }
  const auto account_key = to_array<kKeyBytes>(as_bytes(identity.account_signature_key()));
  if (!account_key) {
    return failed(PairFault::Malformed);
  }
  const ByteView signed_details = as_bytes(identity.details());
  const ByteView prefix =
      details.device_type() == pb::HOSTED ? ByteView(kHostedPrefix) : ByteView(kAccountPrefix);
  if (!verify(*account_key, {prefix, signed_details, own_identity.open},
              as_bytes(identity.account_signature()))) {
    return failed(PairFault::SignatureMismatch);
  }

  const Signature signature =
      sign(own_identity.secret, {kDevicePrefix, signed_details, own_identity.open, *account_key});
  identity.set_device_signature(text(signature));
  AcceptedIdentity accepted;
  accepted.stored = serialized(identity);
  accepted.key_index = details.key_index();
  accepted.account_key = *account_key;
  identity.clear_account_signature_key();
  accepted.reply = serialized(identity);
  return {PairFault::None, std::move(accepted)};
}

Status check_device_identity(ByteView device_identity, const PublicKey& companion,
                             const PublicKey* account_key) {
  pb::AdvSignedDeviceIdentity identity;
  pb::AdvDeviceIdentity details;
  if (!parse(identity, device_identity) || !parse(details, as_bytes(identity.details()))) {
    return malformed("the device identity cannot be read");
  }
  auto key = to_array<kKeyBytes>(as_bytes(identity.account_signature_key()));
  if (account_key != nullptr) {
    if (key && *key != *account_key) {
      return untrusted("the device identity is of another account");
    }
    key = *account_key;
  }
  if (!key) {
    return Status::ok();
  }
  const bool hosted = details.device_type() == pb::HOSTED;
  const ByteView signed_details = as_bytes(identity.details());
  if (!verify(
          *key,
          {hosted ? ByteView(kHostedPrefix) : ByteView(kAccountPrefix), signed_details, companion},
          as_bytes(identity.account_signature()))) {
    return untrusted("the account has not signed the device identity");
  }
  if (!verify(companion,
              {hosted ? ByteView(kHostedDevicePrefix) : ByteView(kDevicePrefix), signed_details,
               companion, *key},
              as_bytes(identity.device_signature()))) {
    return untrusted("the device's signature does not hold");
  }
  return Status::ok();
}

Status check_countersignature(ByteView reply, const PublicKey& account_key,
                              const PublicKey& companion_identity) {
  pb::AdvSignedDeviceIdentity identity;
  if (!parse(identity, reply)) {
    return malformed("the device identity cannot be read");
  }
  if (identity.has_account_signature_key()) {
    return {Fault::Protocol, "the device identity still carries the account's key"};
  }
  const ByteView details = as_bytes(identity.details());
  if (!verify(account_key, {kAccountPrefix, details, companion_identity},
              as_bytes(identity.account_signature()))) {
    return untrusted("the device identity is not the one that the phone signed");
  }
  if (!verify(companion_identity, {kDevicePrefix, details, companion_identity, account_key},
              as_bytes(identity.device_signature()))) {
    return untrusted("the device's signature does not hold");
  }
  return Status::ok();
}

}  // namespace waxwing::multidevice
