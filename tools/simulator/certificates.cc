// SPDX-License-Identifier: Apache-2.0
// Certificate chains, right and wrong.
#include "certificates.hpp"

#include "multidevice/noise/certificate.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::uint64_t kDay = 86400;

}  // namespace

Certificates::Certificates()
    : root_(md::KeyPair::generate()),
      intermediate_(md::KeyPair::generate()),
      server_(md::KeyPair::generate()),
      stranger_(md::KeyPair::generate()) {}

md::Bytes Certificates::chain(BadCertificate fault, std::uint64_t now_s) const {
  md::Certificate intermediate{1, md::kRootSerial, intermediate_.open, now_s - kDay, now_s + kDay};
  md::Certificate leaf{2, intermediate.serial, server_.open, now_s - kDay, now_s + kDay};
  const md::KeyPair* root = &root_;
  const md::KeyPair* issuer = &intermediate_;
  switch (fault) {
    case BadCertificate::None:
      break;
    case BadCertificate::WrongRoot:
      root = &stranger_;
      break;
    case BadCertificate::WrongSignature:
      issuer = &stranger_;
      break;
    case BadCertificate::WrongKey:
      leaf.key = stranger_.open;
      break;
    case BadCertificate::IntermediateIssuer:
      intermediate.issuer_serial = 7;
      break;
    case BadCertificate::LeafIssuer:
      leaf.issuer_serial = 7;
      break;
    case BadCertificate::Expired:
      leaf.not_before_s = now_s - 2 * kDay;
      leaf.not_after_s = now_s - kDay;
      break;
    case BadCertificate::NotYetValid:
      leaf.not_before_s = now_s + kDay;
      leaf.not_after_s = now_s + 2 * kDay;
      break;
    case BadCertificate::NoValidity:
      leaf.not_before_s = 0;
      leaf.not_after_s = 0;
      break;
  }
  return md::make_chain(root->secret, intermediate, issuer->secret, leaf);
}

}  // namespace waxwing::simulator
