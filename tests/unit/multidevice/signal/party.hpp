// SPDX-License-Identifier: Apache-2.0
// One end of a conversation in a test: a device with prekeys, and its record of the other.
#pragma once

#include <map>
#include <optional>

#include "multidevice/signal/session_cipher.hpp"

namespace waxwing::multidevice {

struct Party {
  DeviceRecord device = DeviceRecord::fresh(1'800'000'000);
  std::map<std::uint32_t, KeyPair> prekeys;
  SessionRecord session;

  // What a server would hand out, with a new one-time prekey unless `last` is empty.
  [[nodiscard]] PreKeyBundle bundle(bool with_prekey = true) {
    PreKeyBundle out;
    out.registration_id = device.registration_id;
    out.identity = device.identity.open;
    out.signed_prekey_id = device.signed_prekey.id;
    out.signed_prekey = device.signed_prekey.key.open;
    out.signature = device.signed_prekey.signature;
    if (with_prekey) {
      const std::uint32_t id = device.next_prekey_id++;
      prekeys[id] = KeyPair::generate();
      out.one_time = {id, prekeys[id].open};
    }
    return out;
  }

  [[nodiscard]] Ciphertext encrypt(ByteView plain) {
    return SessionCipher::encrypt(session, device, plain).value();
  }

  // Whatever kind it is; a prekey that was used is gone.
  [[nodiscard]] Decrypted decrypt(const Ciphertext& message) {
    // What is stored in between must be the same as what is not.
    session = SessionRecord::decode(session.encode()).value();
    if (message.type == CiphertextType::Message) {
      return SessionCipher::decrypt(session, device, message.octets);
    }
    const auto head = SessionCipher::head(message.octets);
    std::optional<PrivateKey> prekey;
    if (head && head->prekey_id && prekeys.count(*head->prekey_id) != 0) {
      prekey = prekeys[*head->prekey_id].secret;
    }
    Decrypted out = SessionCipher::decrypt_first(session, device, prekey, message.octets);
    if (out.new_run && head->prekey_id) {
      prekeys.erase(*head->prekey_id);
    }
    return out;
  }
};

}  // namespace waxwing::multidevice
