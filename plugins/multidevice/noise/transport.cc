// SPDX-License-Identifier: Apache-2.0
// Sealing and opening, counting every attempt.
#include "multidevice/noise/transport.hpp"

#include <utility>

#include "multidevice/crypto/cipher.hpp"
#include "multidevice/noise/frame.hpp"
#include "multidevice/noise/symmetric_state.hpp"

namespace waxwing::multidevice {
namespace {

Status spent() {
  return {Fault::Limit, "all message numbers of the connection are used up"};
}

}  // namespace

Transport::Transport(Secret<32> write, Secret<32> read) noexcept
    : write_key_(std::move(write)), read_key_(std::move(read)) {}

Result<Bytes> Transport::seal(ByteView plain) {
  if (write_counter_ > UINT32_MAX) {
    return spent();
  }
  const auto iv = noise_iv(static_cast<std::uint32_t>(write_counter_++));
  WAX_MD_TRY(const Bytes sealed, aes_gcm_seal(write_key_, iv, {}, plain));
  return encode_frame(sealed);
}

Result<Bytes> Transport::open(ByteView sealed) {
  if (read_counter_ > UINT32_MAX) {
    return spent();
  }
  return aes_gcm_open(read_key_, noise_iv(static_cast<std::uint32_t>(read_counter_++)), {}, sealed);
}

void Transport::set_counters_for_test(std::uint64_t write, std::uint64_t read) noexcept {
  write_counter_ = write;
  read_counter_ = read;
}

}  // namespace waxwing::multidevice
