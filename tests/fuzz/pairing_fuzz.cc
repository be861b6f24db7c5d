// SPDX-License-Identifier: Apache-2.0
// What a phone, a person or a passkey hands to a client that waits to be linked.
#include <cstdlib>

#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/pair/link_code.hpp"
#include "multidevice/pair/passkey.hpp"
#include "multidevice/pair/qr.hpp"

namespace {

using namespace waxwing::multidevice;

const KeyPair& own() {
  static const KeyPair keys = KeyPair::generate();
  return keys;
}

// Nothing that was not made with the secret may pass.
void pair_success(ByteView container) {
  static const AdvSecret secret = random_secret<32>();
  const AdvSecret* const secrets[] = {&secret};
  if (accept_device_identity(container, secrets, own()).fault == PairFault::None) {
    std::abort();
  }
  (void)check_countersignature(container, own().open, own().open);
}

// What can be read can be written, and read again.
void qr_code(std::string_view text) {
  const auto code = parse_qr(text);
  if (code && !code->client_type.empty()) {
    const auto again = parse_qr(make_qr(*code));
    if (!again || again->ref != code->ref || again->noise_key != code->noise_key ||
        !(again->adv_secret == code->adv_secret) || again->client_type != code->client_type) {
      std::abort();
    }
  }
}

void link_code(ByteView input) {
  const auto code = normalise_link_code(as_text(input));
  if (code && code->size() != kLinkCodeLength) {
    std::abort();
  }
  (void)wrapped_salt(input);
  (void)unwrap_key(Secret<32>(), input);
  if (finish_as_primary(own(), own(), PublicKey{9}, PublicKey{9}, input)) {
    std::abort();
  }
}

void passkey(ByteView input) {
  (void)parse_passkey_primary(input);
  if (const auto prologue = parse_passkey_prologue(input)) {
    (void)passkey_commitment_holds(*prologue, {});
    if (open_pairing_request(own(), *prologue, input)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      pair_success(input);
      break;
    case 1:
      qr_code(as_text(input));
      break;
    case 2:
      link_code(input);
      break;
    default:
      passkey(input);
      break;
  }
  return 0;
}
