// SPDX-License-Identifier: Apache-2.0
// Whatever a peer encrypts and whatever a store gives back: Signal messages and records.
#include <cstdlib>

#include "multidevice/signal/sender_key.hpp"
#include "multidevice/signal/session_cipher.hpp"
#include "multidevice/signal/wire_messages.hpp"

namespace {

using namespace waxwing::multidevice;

// A record that can be read is written as it was.
template <class Record>
std::optional<Record> read_record(ByteView input) {
  Result<Record> record = Record::decode(input);
  if (!record) {
    return std::nullopt;
  }
  const SecretBytes again = record->encode();
  if (as_text(again.view()) != as_text(input)) {
    std::abort();
  }
  return std::move(*record);
}

}  // namespace

// The first octet says where a record ends and a message begins.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const DeviceRecord kOwn = DeviceRecord::fresh(0);
  if (size < 2) {
    return 0;
  }
  const ByteView rest(data + 2, size - 2);
  const std::size_t cut = std::min<std::size_t>(from_be(ByteView(data, 2)), rest.size());
  const ByteView message = rest.subspan(cut);
  SessionRecord session = read_record<SessionRecord>(rest.first(cut)).value_or(SessionRecord());
  SenderKeyRecord sender =
      read_record<SenderKeyRecord>(rest.first(cut)).value_or(SenderKeyRecord());
  (void)SessionCipher::head(message);
  (void)SessionCipher::decrypt(session, kOwn, message);
  (void)SessionCipher::decrypt_first(session, kOwn, std::nullopt, message);
  (void)GroupCipher::process(sender, message);
  (void)GroupCipher::decrypt(sender, message);
  (void)SessionCipher::encrypt(session, kOwn, message);
  (void)SessionRecord::decode(session.encode()).value();
  (void)SenderKeyRecord::decode(sender.encode()).value();
  return 0;
}
