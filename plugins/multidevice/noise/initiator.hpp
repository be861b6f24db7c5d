// SPDX-License-Identifier: Apache-2.0
// The client's side of the handshake.
#pragma once

#include <cstdint>
#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/noise/certificate.hpp"
#include "multidevice/noise/intro.hpp"
#include "multidevice/noise/symmetric_state.hpp"
#include "multidevice/noise/transport.hpp"

namespace waxwing::multidevice {

// Which handshake took place.
enum class NoisePattern { Xx, Ik, XxFallback };

// One handshake: hello(), then on_server_hello(), each once. A failure is final. One user at a
// time.
class Initiator {
 public:
  struct Params {
    KeyPair static_key;                   // the device's; the server knows it by this
    Header header{};                      // the prologue
    Bytes payload;                        // the ClientPayload, sent encrypted
    PublicKey root = kWhatsAppRootKey;    // what the server's certificates must end at
    std::uint64_t now_s = 0;              // unix time, for their validity
    std::optional<VerifiedServer> known;  // resume with this server key, unless it has expired
  };
  struct Outcome {
    Bytes finish;  // to be sent as a frame; empty when the handshake needs none
    Transport transport;
    VerifiedServer server;  // what to resume with next time
    NoisePattern pattern;
  };

  explicit Initiator(Params params) : Initiator(std::move(params), KeyPair::generate()) {}
  [[nodiscard]] static Initiator with_ephemeral_for_test(Params params, KeyPair ephemeral) {
    return Initiator(std::move(params), std::move(ephemeral));
  }

  // The payload of the first frame.
  [[nodiscard]] Result<Bytes> hello();
  // Fault::Untrusted when the server is not who it should be.
  [[nodiscard]] Result<Outcome> on_server_hello(ByteView frame);

 private:
  Initiator(Params params, KeyPair ephemeral);
  [[nodiscard]] Result<Bytes> resuming_hello();
  [[nodiscard]] Outcome outcome(Bytes finish, const VerifiedServer& server, NoisePattern pattern);

  Params params_;
  KeyPair ephemeral_;
  SymmetricState state_;
};

}  // namespace waxwing::multidevice
