// SPDX-License-Identifier: Apache-2.0
// A device whose encryption is libsignal-protocol-c's. GPL: for tests only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "multidevice/signal/session_cipher.hpp"

struct signal_context;
struct signal_protocol_store_context;

namespace waxwing::multidevice {

// Talks to one other device, and writes to and reads one author of one group.
class SignalC {
 public:
  SignalC();
  ~SignalC();
  SignalC(const SignalC&) = delete;
  SignalC& operator=(const SignalC&) = delete;

  [[nodiscard]] PreKeyBundle bundle(bool with_prekey);
  // False when the library refuses it.
  [[nodiscard]] bool begin(const PreKeyBundle& bundle);
  [[nodiscard]] Ciphertext encrypt(ByteView plain);
  // Nothing when the library refuses it, for whatever reason.
  [[nodiscard]] std::optional<Bytes> decrypt(const Ciphertext& message);

  [[nodiscard]] Bytes distribution();
  [[nodiscard]] Bytes encrypt_group(ByteView plain);
  [[nodiscard]] bool process(ByteView distribution);
  [[nodiscard]] std::optional<Bytes> decrypt_group(ByteView message);

  // What the library stores, as it stores it.
  struct Stores {
    DeviceRecord device = DeviceRecord::fresh(1'800'000'000);
    std::optional<Bytes> session;
    std::map<std::uint32_t, Bytes> prekeys;
    std::map<std::uint32_t, Bytes> signed_prekeys;
    std::map<std::string, Bytes> sender_keys;
  };

 private:
  std::unique_ptr<Stores> stores_ = std::make_unique<Stores>();
  signal_context* context_ = nullptr;
  signal_protocol_store_context* store_ = nullptr;
};

}  // namespace waxwing::multidevice
