// SPDX-License-Identifier: Apache-2.0
// Every place where protobuf comes in: payloads, certificates, handshakes, and rows of our own that
// a disk may have damaged.
#include <cstdlib>

#include "multidevice/base/wire.hpp"
#include "multidevice/noise/certificate.hpp"
#include "multidevice/noise/messages.hpp"
#include "multidevice/proto/adv.pb.h"
#include "multidevice/proto/client_payload.pb.h"
#include "multidevice/store/device_record.hpp"
#include "multidevice/store/route_record.hpp"

namespace {

using namespace waxwing::multidevice;

template <class Message>
void parse(ByteView input) {
  Message message;
  if (message.ParseFromArray(input.data(), static_cast<int>(input.size()))) {
    Message again;
    if (!again.ParseFromString(message.SerializeAsString())) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  WireReader reader(input);
  while (reader.next()) {
  }
  parse<pb::AdvSignedDeviceIdentity>(input);
  parse<pb::ClientPayload>(input);
  parse<pb::DeviceProps>(input);
  (void)decode_client_hello(input);
  (void)decode_server_hello(input);
  (void)decode_client_finish(input);
  (void)verify_chain(input, kWhatsAppRootKey, {}, 0);
  // What was read is written so that it reads the same.
  if (const auto record = DeviceRecord::decode(input)) {
    const SecretBytes once = record->encode();
    const auto again = DeviceRecord::decode(once);
    if (!again || as_text(again->encode().view()) != as_text(once.view())) {
      std::abort();
    }
  }
  const Bytes route = RouteRecord::decode(input).encode();
  if (RouteRecord::decode(route).encode() != route) {
    std::abort();
  }
  return 0;
}
