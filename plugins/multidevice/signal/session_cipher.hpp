// SPDX-License-Identifier: Apache-2.0
// X3DH and the Double Ratchet, version 3, over records that the caller keeps.
#pragma once

#include <cstdint>
#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/base/secret.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/signal/fault.hpp"
#include "multidevice/signal/session_record.hpp"
#include "multidevice/store/device_record.hpp"

namespace waxwing::multidevice {

// What the server hands out of a device that wants to be written to.
struct PreKeyBundle {
  struct OneTime {
    std::uint32_t id = 0;
    PublicKey key{};
  };
  std::uint32_t registration_id = 0;
  PublicKey identity{};
  std::uint32_t signed_prekey_id = 0;
  PublicKey signed_prekey{};
  Signature signature{};
  std::optional<OneTime> one_time;  // the server may have run out
};

enum class CiphertextType : std::uint8_t { Message, PreKey };  // "msg", "pkmsg"

struct Ciphertext {
  CiphertextType type = CiphertextType::Message;
  Bytes octets;
};

// What a pkmsg says before anything of it is decrypted: which rows reading it needs.
struct PreKeyMessageHead {
  std::optional<std::uint32_t> prekey_id;
  std::uint32_t signed_prekey_id = 0;
  std::uint32_t registration_id = 0;
  PublicKey base_key{};
  PublicKey identity{};
};

struct Decrypted {
  DecryptFault fault = DecryptFault::None;
  SecretBytes plain;  // still padded
  // A new run began: its one-time prekey must be erased together with storing the record.
  bool new_run = false;

  [[nodiscard]] bool ok() const noexcept { return fault == DecryptFault::None; }
};

// Pure functions over a record: on success it has changed and must be stored before anything that
// was made of it is given out; on failure it is as it was. [any-thread]
class SessionCipher {
 public:
  // Begins a run with a device of which we only have the bundle; the run before is archived.
  // Fault::Untrusted when the signed prekey's signature does not hold or a key is no key.
  [[nodiscard]] static Status begin(SessionRecord& record, const DeviceRecord& own,
                                    const PreKeyBundle& bundle);

  // Fault::Argument when the record is not ready().
  [[nodiscard]] static Result<Ciphertext> encrypt(SessionRecord& record, const DeviceRecord& own,
                                                  ByteView padded);

  [[nodiscard]] static Decrypted decrypt(SessionRecord& record, const DeviceRecord& own,
                                         ByteView message);

  [[nodiscard]] static std::optional<PreKeyMessageHead> head(ByteView prekey_message);
  // `one_time`: the private half of the prekey that head() names, or nothing when it names none or
  // it is gone. Signed prekeys are those of `own`, the present one and the one before.
  [[nodiscard]] static Decrypted decrypt_first(SessionRecord& record, const DeviceRecord& own,
                                               const std::optional<PrivateKey>& one_time,
                                               ByteView prekey_message);
};

}  // namespace waxwing::multidevice
