// SPDX-License-Identifier: Apache-2.0
// What an engine shows while it waits for a phone: QR texts and pairing codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace echo {

// From the operating system. At most 256 octets.
[[nodiscard]] std::string random_octets(std::size_t count);
[[nodiscard]] std::string random_hex(std::size_t octets);

// The same name always gives the same number (FNV-1a, 64 bits).
[[nodiscard]] std::uint64_t stable_hash(std::string_view text);

// The texts of one attempt to pair. As with a real phone, the keys stay and the reference changes
// from code to code: "2@<reference>,<noise key>,<identity key>,<secret>,<client type>".
class QrTexts {
 public:
  QrTexts();
  [[nodiscard]] std::string next() const;

 private:
  std::string keys_;
};

// "ABCD-EFGH", from the letters and digits that cannot be mistaken for each other.
[[nodiscard]] std::string make_pairing_code();

}  // namespace echo
