// SPDX-License-Identifier: Apache-2.0
// What stands in a decrypted message, as far as its transport reads it.
#include <cstdlib>

#include "multidevice/message/content.hpp"
#include "multidevice/message/peer_data.hpp"
#include "multidevice/message/rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waxwing::multidevice;
  const ByteView input(data, size);
  if (const auto content = unpad(input); content && content->size() >= size) {
    std::abort();
  }
  if (const auto envelope = Envelope::read(input)) {
    // What is wrapped is found again, whatever it is.
    const Bytes wrapped = device_sent("1@g.us", input);
    const auto again = Envelope::read(wrapped);
    if (!again || !again->device_sent || as_text(*again->device_sent) != as_text(input)) {
      std::abort();
    }
  }
  // So are copies of a message, whoever asks and whatever is in them.
  (void)asked_copies(input);
  (void)given_copies(input);
  const MessageKey key{"1@g.us", true, "ID", std::string(as_text(input))};
  if (!input.empty() && asked_copies(ask_for_copies({key})) != std::vector{key}) {
    std::abort();
  }
  const Bytes answer = give_copies("R", {{key, input, 1, {}}});
  const auto copies = given_copies(answer);
  if (!input.empty() &&
      (copies.size() != 1 || !copies[0].message || as_text(*copies[0].message) != as_text(input))) {
    std::abort();
  }
  (void)SentRow::decode(input);
  (void)OutboxRow::decode(input);
  return 0;
}
