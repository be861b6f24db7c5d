// SPDX-License-Identifier: Apache-2.0
// The recorded XX handshake: both roles reproduce every octet of it.
#include <gtest/gtest.h>

#include "multidevice/noise/initiator.hpp"
#include "multidevice/noise/messages.hpp"
#include "multidevice/noise/responder.hpp"
#include "support/wa_vectors.hpp"

namespace waxwing::multidevice {
namespace {

using waxwing::testing::wa_octets;
using waxwing::testing::wa_vector;

KeyPair pair_at(const char* path) {
  return KeyPair::from_private(*PrivateKey::from(wa_octets(path)));
}

// Within the vector's certificates.
constexpr std::uint64_t kNow = 1'700'000'000;

class NoiseVector : public ::testing::Test {
 protected:
  NoiseVector() {
    const Bytes octets = wa_octets("noise.header");
    header_ = to_array<4>(octets).value_or(Header{});
  }
  Initiator initiator() {
    Initiator::Params params;
    params.static_key = pair_at("noise.client_static_priv");
    params.header = header_;
    params.payload = wa_octets("noise.client_payload_plain");
    params.root = to_array<32>(wa_octets("noise.root_pub")).value_or(PublicKey{});
    params.now_s = kNow;
    return Initiator::with_ephemeral_for_test(std::move(params),
                                              pair_at("noise.client_ephemeral_priv"));
  }
  Responder responder() {
    Responder::Params params;
    params.static_key = pair_at("noise.server_static_priv");
    params.chain = wa_octets("noise.cert_chain");
    params.header = header_;
    return Responder::with_ephemeral_for_test(std::move(params),
                                              pair_at("noise.server_ephemeral_priv"));
  }
  Header header_{};
};

TEST_F(NoiseVector, BothRolesWriteTheRecordedMessages) {
  Initiator client = initiator();
  Responder server = responder();
  const auto hello = client.hello();
  ASSERT_TRUE(hello);
  const auto answer = server.on_client_hello(*hello);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->client);
  const auto server_hello = decode_server_hello(answer->hello);
  ASSERT_TRUE(server_hello);
  EXPECT_EQ(server_hello->static_key, wa_octets("noise.server_hello_static"));
  EXPECT_EQ(server_hello->payload, wa_octets("noise.server_hello_payload"));
  EXPECT_EQ(to_hex(server.state_for_test().hash()),
            wa_vector("noise.transcript_hashes.4.1").text());

  auto outcome = client.on_server_hello(answer->hello);
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->pattern, NoisePattern::Xx);
  const auto finish = decode_client_finish(outcome->finish);
  ASSERT_TRUE(finish);
  EXPECT_EQ(finish->static_key, wa_octets("noise.client_finish_static"));
  EXPECT_EQ(finish->payload, wa_octets("noise.client_finish_payload"));

  const auto accepted = server.on_client_finish(outcome->finish);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->payload, wa_octets("noise.client_payload_plain"));
  EXPECT_EQ(accepted->static_key, pair_at("noise.client_static_priv").open);
  EXPECT_EQ(to_hex(server.state_for_test().hash()),
            wa_vector("noise.transcript_hashes.6.1").text());
}

TEST_F(NoiseVector, FirstFramesAreTheRecordedOnes) {
  Transport client(*Secret<32>::from(wa_octets("noise.client_write_key")),
                   *Secret<32>::from(wa_octets("noise.client_read_key")));
  Transport server(*Secret<32>::from(wa_octets("noise.client_read_key")),
                   *Secret<32>::from(wa_octets("noise.client_write_key")));
  const Bytes plain = wa_octets("noise.node_plain");
  for (const char* path : {"noise.frame0", "noise.frame1"}) {
    const auto frame = client.seal(plain);
    ASSERT_TRUE(frame);
    EXPECT_EQ(to_bytes(ByteView(*frame).subspan(3)), wa_octets(path));
    const auto opened = server.open(ByteView(*frame).subspan(3));
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, plain);
  }
}

TEST_F(NoiseVector, KeysAreTheRecordedOnes) {
  Initiator client = initiator();
  Responder server = responder();
  const Bytes hello = *client.hello();
  const auto answer = server.on_client_hello(hello);
  auto outcome = client.on_server_hello(answer->hello);
  ASSERT_TRUE(outcome);
  const auto frame = outcome->transport.seal(wa_octets("noise.node_plain"));
  EXPECT_EQ(to_bytes(ByteView(*frame).subspan(3)), wa_octets("noise.frame0"));
}

}  // namespace
}  // namespace waxwing::multidevice
