// SPDX-License-Identifier: Apache-2.0
// HandshakeMessage: clientHello 2, serverHello 3, clientFinish 4; their fields are numbered in the
// order of ephemeral, static, payload (clientFinish has no ephemeral).
#include "multidevice/noise/messages.hpp"

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint32_t kClientHello = 2;
constexpr std::uint32_t kServerHello = 3;
constexpr std::uint32_t kClientFinish = 4;

struct Parts {
  std::optional<ByteView> field[4];  // by number; [0] stays empty
};

Bytes encode(std::uint32_t message, const Parts& parts) {
  Bytes inner;
  for (std::uint32_t number = 1; number <= 3; ++number) {
    if (parts.field[number]) {
      append_field(inner, number, *parts.field[number]);
    }
  }
  Bytes out;
  append_field(out, message, inner);
  return out;
}

Result<Parts> decode(ByteView frame, std::uint32_t message, const char* name) {
  std::optional<ByteView> inner;
  WireReader outer(frame);
  while (const auto field = outer.next()) {
    if (field->number == message && field->octets) {
      inner = field->octets;
    }
  }
  if (outer.broken() || !inner) {
    return malformed(std::string("the handshake has no ") + name);
  }
  Parts parts;
  WireReader reader(*inner);
  while (const auto field = reader.next()) {
    if (field->number <= 3 && field->octets) {
      parts.field[field->number] = field->octets;
    }
  }
  if (reader.broken()) {
    return malformed(std::string("a broken ") + name);
  }
  return parts;
}

std::optional<Bytes> owned(const std::optional<ByteView>& octets) {
  return octets ? std::optional(to_bytes(*octets)) : std::nullopt;
}

std::optional<ByteView> borrowed(const std::optional<Bytes>& octets) {
  return octets ? std::optional(ByteView(*octets)) : std::nullopt;
}

}  // namespace

Bytes encode_hello(const ClientHello& hello) {
  return encode(kClientHello,
                {{{}, hello.ephemeral, borrowed(hello.static_key), borrowed(hello.payload)}});
}
Bytes encode_hello(const ServerHello& hello) {
  return encode(kServerHello, {{{}, hello.ephemeral, borrowed(hello.static_key), hello.payload}});
}
Bytes encode_finish(const ClientFinish& finish) {
  return encode(kClientFinish, {{{}, finish.static_key, finish.payload, {}}});
}

Result<ClientHello> decode_client_hello(ByteView frame) {
  WAX_MD_TRY(const Parts parts, decode(frame, kClientHello, "client hello"));
  const auto ephemeral = to_array<kKeyBytes>(parts.field[1].value_or(ByteView()));
  if (!ephemeral) {
    return malformed("a client hello without an ephemeral key");
  }
  if (parts.field[2].has_value() != parts.field[3].has_value()) {
    return malformed("a client hello with half an attempt to resume");
  }
  return ClientHello{*ephemeral, owned(parts.field[2]), owned(parts.field[3])};
}

Result<ServerHello> decode_server_hello(ByteView frame) {
  WAX_MD_TRY(const Parts parts, decode(frame, kServerHello, "server hello"));
  const auto ephemeral = to_array<kKeyBytes>(parts.field[1].value_or(ByteView()));
  if (!ephemeral) {
    return malformed("a server hello without an ephemeral key");
  }
  if (!parts.field[3]) {
    return malformed("a server hello without a certificate");
  }
  return ServerHello{*ephemeral, owned(parts.field[2]), to_bytes(*parts.field[3])};
}

Result<ClientFinish> decode_client_finish(ByteView frame) {
  WAX_MD_TRY(const Parts parts, decode(frame, kClientFinish, "client finish"));
  if (!parts.field[1] || !parts.field[2]) {
    return malformed("a client finish without a key or a payload");
  }
  return ClientFinish{to_bytes(*parts.field[1]), to_bytes(*parts.field[2])};
}

}  // namespace waxwing::multidevice
