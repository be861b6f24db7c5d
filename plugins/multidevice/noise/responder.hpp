// SPDX-License-Identifier: Apache-2.0
// The server's side of the handshake.
#pragma once

#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"
#include "multidevice/noise/initiator.hpp"
#include "multidevice/noise/intro.hpp"
#include "multidevice/noise/symmetric_state.hpp"
#include "multidevice/noise/transport.hpp"

namespace waxwing::multidevice {

// One handshake: on_client_hello(), and on_client_finish() unless the client resumed. A failure is
// final. One user at a time.
class Responder {
 public:
  struct Params {
    KeyPair static_key;
    Bytes chain;      // the CertChain for static_key
    Header header{};  // as the client sent it
    // Answer a client that resumes in kind; otherwise, or when it used another key than static_key,
    // it falls back.
    bool accept_resume = true;
  };
  struct Client {
    PublicKey static_key{};
    Bytes payload;  // the ClientPayload
    Transport transport;
    NoisePattern pattern;
  };
  struct Answer {
    Bytes hello;                   // to be sent as a frame
    std::optional<Client> client;  // when the handshake is over with it
  };

  explicit Responder(Params params) : Responder(std::move(params), KeyPair::generate()) {}
  [[nodiscard]] static Responder with_ephemeral_for_test(Params params, KeyPair ephemeral) {
    return Responder(std::move(params), std::move(ephemeral));
  }

  [[nodiscard]] Result<Answer> on_client_hello(ByteView frame);
  [[nodiscard]] Result<Client> on_client_finish(ByteView frame);
  [[nodiscard]] const SymmetricState& state_for_test() const noexcept { return state_; }

 private:
  Responder(Params params, KeyPair ephemeral);
  struct Resumed {
    PublicKey static_key;
    Bytes payload;
  };
  [[nodiscard]] Result<Resumed> read_resumed(const PublicKey& ephemeral, ByteView static_key,
                                             ByteView payload);
  [[nodiscard]] Client client(const PublicKey& static_key, Bytes payload, NoisePattern pattern);

  Params params_;
  KeyPair ephemeral_;
  SymmetricState state_;
  NoisePattern pattern_ = NoisePattern::Xx;
};

}  // namespace waxwing::multidevice
