// SPDX-License-Identifier: Apache-2.0
// The record as protobuf fields: routing information 1, server key 2, its end 3,
// client version 4.
#include "multidevice/store/route_record.hpp"

#include "multidevice/base/wire.hpp"

namespace waxwing::multidevice {

Bytes RouteRecord::encode() const {
  Bytes out;
  append_field(out, 1, ByteView(routing_info));
  if (server) {
    append_field(out, 2, ByteView(server->key));
    append_field(out, 3, server->not_after_s);
  }
  if (version) {
    append_field(out, 4, as_bytes(version->text()));
  }
  return out;
}

RouteRecord RouteRecord::decode(ByteView octets) {
  RouteRecord record;
  VerifiedServer server;
  bool has_key = false;
  WireReader reader(octets);
  while (const auto field = reader.next()) {
    const ByteView value = field->octets.value_or(ByteView());
    if (field->number == 1) {
      record.routing_info = to_bytes(value);
    } else if (field->number == 2 && value.size() == kKeyBytes) {
      server.key = to_array<kKeyBytes>(value).value_or(PublicKey{});
      has_key = true;
    } else if (field->number == 3) {
      server.not_after_s = field->value;
    } else if (field->number == 4) {
      record.version = ClientVersion::parse(as_text(value));
    }
  }
  if (has_key && !reader.broken()) {
    record.server = server;
  }
  return record;
}

void RouteRecord::put_into(StoreBatch& batch) const {
  batch.put(rows::kDevice, std::string(rows::kRoute), SecretBytes(encode()));
}

}  // namespace waxwing::multidevice
