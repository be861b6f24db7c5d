// SPDX-License-Identifier: Apache-2.0
// Decrypted content of messages, as any sender may have made it: to JSON, to events, and back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "multidevice/content/payloads.hpp"

using namespace waxwing::multidevice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(data, size);
  MessageInfo info;
  info.id = "A";
  info.chat = Jid::of_user("123", server::kGroup);
  info.group = true;
  info.sender.lid = Jid::of_user("1", server::kLid);
  for (const auto dialect : {content::Dialect::Baileys, content::Dialect::Whatsmeow}) {
    (void)content::Payloads(dialect).events_of(info, octets, content::Ack::Server, false, nullptr);
  }
  const auto json = content::decode(octets, content::Dialect::Plain);
  if (!json) {
    return 0;
  }
  // Text says what the tree says.
  const auto text = content::decode_text(octets, content::Dialect::Plain);
  if (!text || nlohmann::json::parse(*text) != nlohmann::json::parse(content::dump(*json))) {
    std::abort();
  }
  // What was read can be written, and says the same again.
  const Bytes written = content::encode(*json);
  const auto again = content::decode(written, content::Dialect::Plain);
  if (!again || content::encode(*again) != written) {
    std::abort();
  }
  return 0;
}
