// SPDX-License-Identifier: Apache-2.0
// The simulator's own root, and the chains it shows to clients.
#pragma once

#include <cstdint>

#include "faults.hpp"
#include "multidevice/crypto/curve25519.hpp"

namespace waxwing::simulator {

namespace md = multidevice;

// Made anew with every start; clients under test are told the root's public key.
class Certificates {
 public:
  Certificates();

  [[nodiscard]] const md::PublicKey& root() const noexcept { return root_.open; }
  [[nodiscard]] const md::KeyPair& server_key() const noexcept { return server_; }
  // The CertChain of server_key(), valid around `now_s` or wrong in the way asked for.
  [[nodiscard]] md::Bytes chain(BadCertificate fault, std::uint64_t now_s) const;

 private:
  md::KeyPair root_;
  md::KeyPair intermediate_;
  md::KeyPair server_;
  md::KeyPair stranger_;
};

}  // namespace waxwing::simulator
