// SPDX-License-Identifier: Apache-2.0
// Every check of the certificate chain, one lie at a time.
#include "multidevice/noise/certificate.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

struct Chain {
  KeyPair root = KeyPair::generate();
  KeyPair intermediate_key = KeyPair::generate();
  KeyPair server = KeyPair::generate();
  PrivateKey signs_intermediate = root.secret;
  PrivateKey signs_leaf = intermediate_key.secret;
  Certificate intermediate{1, 0, intermediate_key.open, kNow - 10, kNow + 20};
  Certificate leaf{2, 1, server.open, kNow - 20, kNow + 10};

  [[nodiscard]] Result<VerifiedServer> verified(std::uint64_t now_s = kNow) const {
    const Bytes octets = make_chain(signs_intermediate, intermediate, signs_leaf, leaf);
    return verify_chain(octets, root.open, server.open, now_s);
  }
};

TEST(Certificate, HoldsAtBothEndsOfItsTime) {
  const Chain chain;
  for (const std::uint64_t now : {kNow - 10, kNow, kNow + 10}) {
    const auto server = chain.verified(now);
    ASSERT_TRUE(server) << server.error().message();
    EXPECT_EQ(server->key, chain.server.open);
    EXPECT_EQ(server->not_after_s, kNow + 10);
  }
}

TEST(Certificate, RefusesEachLie) {
  const struct {
    const char* says;
    std::function<void(Chain&)> lie;
  } lies[] = {
      {"not signed by the root",
       [](Chain& c) { c.signs_intermediate = KeyPair::generate().secret; }},
      {"not signed by the intermediate",
       [](Chain& c) { c.signs_leaf = KeyPair::generate().secret; }},
      {"another issuer than the root", [](Chain& c) { c.intermediate.issuer_serial = 1; }},
      {"another issuer than the intermediate", [](Chain& c) { c.leaf.issuer_serial = 7; }},
      {"for another key", [](Chain& c) { c.leaf.key = KeyPair::generate().open; }},
      {"intermediate certificate is not valid yet",
       [](Chain& c) { c.intermediate.not_before_s = kNow + 1; }},
      {"intermediate certificate has expired",
       [](Chain& c) { c.intermediate.not_after_s = kNow - 1; }},
      {"leaf certificate is not valid yet", [](Chain& c) { c.leaf.not_before_s = kNow + 1; }},
      {"leaf certificate has expired", [](Chain& c) { c.leaf.not_after_s = kNow - 1; }},
      {"leaf certificate has expired",
       [](Chain& c) { c.leaf.not_before_s = c.leaf.not_after_s = 0; }},
  };
  for (const auto& entry : lies) {
    Chain chain;
    entry.lie(chain);
    const auto server = chain.verified();
    ASSERT_FALSE(server) << entry.says;
    EXPECT_EQ(server.error().fault(), Fault::Untrusted);
    EXPECT_NE(server.error().message().find(entry.says), std::string::npos)
        << server.error().message();
  }
}

TEST(Certificate, RefusesWhatIsCutShort) {
  const Chain chain;
  const Bytes octets =
      make_chain(chain.signs_intermediate, chain.intermediate, chain.signs_leaf, chain.leaf);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(
        verify_chain(ByteView(octets).first(size), chain.root.open, chain.server.open, kNow));
  }
}

TEST(Certificate, HoldsForTheVector) {
  const Bytes octets = waxwing::testing::wa_octets("noise.cert_chain");
  const auto root = to_array<32>(waxwing::testing::wa_octets("noise.root_pub"));
  const auto server = KeyPair::from_private(
      *PrivateKey::from(waxwing::testing::wa_octets("noise.server_static_priv")));
  const auto verified = verify_chain(octets, *root, server.open, 1'700'000'000);
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_FALSE(verify_chain(octets, kWhatsAppRootKey, server.open, 1'700'000'000));
}

}  // namespace
}  // namespace waxwing::multidevice
