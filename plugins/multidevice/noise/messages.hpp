// SPDX-License-Identifier: Apache-2.0
// The three messages of the handshake (HandshakeMessage and its parts in the protocol's files).
#pragma once

#include <optional>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::multidevice {

struct ClientHello {
  PublicKey ephemeral{};
  std::optional<Bytes> static_key;  // encrypted; with `payload`: an attempt to resume
  std::optional<Bytes> payload;
};
struct ServerHello {
  PublicKey ephemeral{};
  std::optional<Bytes> static_key;  // encrypted; absent when a resume was accepted
  Bytes payload;                    // the encrypted certificate chain
};
struct ClientFinish {
  Bytes static_key;
  Bytes payload;
};

[[nodiscard]] Bytes encode_hello(const ClientHello& hello);
[[nodiscard]] Bytes encode_hello(const ServerHello& hello);
[[nodiscard]] Bytes encode_finish(const ClientFinish& finish);

// Fault::Malformed when the octets are no such message or a part is missing.
[[nodiscard]] Result<ClientHello> decode_client_hello(ByteView frame);
[[nodiscard]] Result<ServerHello> decode_server_hello(ByteView frame);
[[nodiscard]] Result<ClientFinish> decode_client_finish(ByteView frame);

}  // namespace waxwing::multidevice
