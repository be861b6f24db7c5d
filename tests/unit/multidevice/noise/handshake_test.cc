// SPDX-License-Identifier: Apache-2.0
// Both roles against each other: first contact, resuming, falling back, and servers that lie.
#include <gtest/gtest.h>

#include "multidevice/noise/initiator.hpp"
#include "multidevice/noise/responder.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

class Handshake : public ::testing::Test {
 protected:
  Handshake() {
    certificate_.serial = 2;
    certificate_.issuer_serial = 1;
    certificate_.key = server_.open;
    certificate_.not_before_s = kNow - 100;
    certificate_.not_after_s = kNow + 100;
  }

  Initiator::Params client_params() {
    Initiator::Params params;
    params.static_key = device_;
    params.header = make_header(3);
    params.payload = to_bytes(as_bytes("payload"));
    params.root = root_.open;
    params.now_s = kNow;
    return params;
  }
  Responder::Params server_params() {
    const KeyPair intermediate = KeyPair::generate();
    Responder::Params params;
    params.static_key = server_;
    params.chain = make_chain(root_.secret, {1, 0, intermediate.open, kNow - 100, kNow + 200},
                              intermediate.secret, certificate_);
    params.header = make_header(3);
    return params;
  }

  struct Pair {
    Initiator::Outcome client;
    Responder::Client server;
  };
  static Result<Pair> run(Initiator::Params client_params, Responder::Params server_params) {
    Initiator client(std::move(client_params));
    Responder server(std::move(server_params));
    WAX_MD_TRY(const Bytes hello, client.hello());
    WAX_MD_TRY(Responder::Answer answer, server.on_client_hello(hello));
    WAX_MD_TRY(Initiator::Outcome outcome, client.on_server_hello(answer.hello));
    if (answer.client) {
      EXPECT_TRUE(outcome.finish.empty());
      return Pair{std::move(outcome), std::move(*answer.client)};
    }
    WAX_MD_TRY(Responder::Client accepted, server.on_client_finish(outcome.finish));
    return Pair{std::move(outcome), std::move(accepted)};
  }

  void expect_connected(Result<Pair>& pair, NoisePattern pattern) {
    ASSERT_TRUE(pair) << pair.error().message();
    EXPECT_EQ(pair->client.pattern, pattern);
    EXPECT_EQ(pair->server.pattern, pattern);
    EXPECT_EQ(pair->server.static_key, device_.open);
    EXPECT_EQ(to_string(pair->server.payload), "payload");
    EXPECT_EQ(pair->client.server.key, server_.open);
    for (int i = 0; i < 3; ++i) {
      const Bytes up = *pair->client.transport.seal(as_bytes("up"));
      EXPECT_EQ(to_string(*pair->server.transport.open(ByteView(up).subspan(3))), "up");
      const Bytes down = *pair->server.transport.seal(as_bytes("down"));
      EXPECT_EQ(to_string(*pair->client.transport.open(ByteView(down).subspan(3))), "down");
    }
  }

  KeyPair root_ = KeyPair::generate();
  KeyPair server_ = KeyPair::generate();
  KeyPair device_ = KeyPair::generate();
  Certificate certificate_;
};

TEST_F(Handshake, IsXxOnFirstContact) {
  auto pair = run(client_params(), server_params());
  expect_connected(pair, NoisePattern::Xx);
  EXPECT_EQ(pair->client.server.not_after_s, kNow + 100);
}

TEST_F(Handshake, ResumesWithAKnownServer) {
  auto params = client_params();
  params.known = VerifiedServer{server_.open, kNow + 100};
  auto pair = run(std::move(params), server_params());
  expect_connected(pair, NoisePattern::Ik);
}

TEST_F(Handshake, FallsBackWhenTheServerHasAnotherKey) {
  auto params = client_params();
  params.known = VerifiedServer{KeyPair::generate().open, kNow + 100};
  auto pair = run(std::move(params), server_params());
  expect_connected(pair, NoisePattern::XxFallback);
}

TEST_F(Handshake, FallsBackWhenTheServerDoesNotResume) {
  auto client = client_params();
  client.known = VerifiedServer{server_.open, kNow + 100};
  auto server = server_params();
  server.accept_resume = false;
  auto pair = run(std::move(client), std::move(server));
  expect_connected(pair, NoisePattern::XxFallback);
}

TEST_F(Handshake, DoesNotResumeWithAnExpiredServer) {
  auto params = client_params();
  params.known = VerifiedServer{server_.open, kNow - 1};
  auto pair = run(std::move(params), server_params());
  expect_connected(pair, NoisePattern::Xx);
}

TEST_F(Handshake, FallingBackChecksTheCertificatesAgain) {
  auto params = client_params();
  params.known = VerifiedServer{KeyPair::generate().open, kNow + 100};
  params.root = KeyPair::generate().open;
  const auto pair = run(std::move(params), server_params());
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().fault(), Fault::Untrusted);
}

TEST_F(Handshake, RefusesACertificateForAnotherKey) {
  certificate_.key = KeyPair::generate().open;
  const auto pair = run(client_params(), server_params());
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().fault(), Fault::Untrusted);
}

TEST_F(Handshake, RefusesAServerThatOnlyClaimsTheKnownKey) {
  auto params = client_params();
  params.known = VerifiedServer{server_.open, kNow + 100};
  Initiator client(std::move(params));
  const Bytes hello = *client.hello();
  auto impostor_params = server_params();
  impostor_params.static_key = KeyPair::generate();
  Responder impostor(std::move(impostor_params));
  auto answer = impostor.on_client_hello(hello);
  ASSERT_TRUE(answer);
  // It cannot answer in kind, and its fallback carries a chain for a key it does not use.
  EXPECT_FALSE(answer->client);
  const auto outcome = client.on_server_hello(answer->hello);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault(), Fault::Untrusted);
}

TEST_F(Handshake, RefusesAnotherPrologue) {
  auto server = server_params();
  server.header = make_header(2);
  const auto pair = run(client_params(), std::move(server));
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().fault(), Fault::Untrusted);
}

TEST_F(Handshake, RefusesEveryChangedOctetOfTheServerHello) {
  auto answer_to = [&](Initiator& client) {
    Responder server(server_params());
    return server.on_client_hello(*client.hello())->hello;
  };
  std::size_t size = 0;
  {
    Initiator client(client_params());
    size = answer_to(client).size();
  }
  for (std::size_t i = 0; i < size; i += 7) {
    Initiator client(client_params());
    Bytes hello = answer_to(client);
    hello[std::min(i, hello.size() - 1)] ^= 0x10;
    EXPECT_FALSE(client.on_server_hello(hello)) << i;
  }
}

TEST(Transport, RefusesRepeatedAndMissingFrames) {
  const Secret<32> key(std::array<std::uint8_t, 32>{1});
  Transport sender(key, key);
  const Bytes first = *sender.seal(as_bytes("1"));
  const Bytes second = *sender.seal(as_bytes("2"));
  EXPECT_NE(first, second);
  Transport repeated(key, key);
  ASSERT_TRUE(repeated.open(ByteView(first).subspan(3)));
  EXPECT_EQ(repeated.open(ByteView(first).subspan(3)).error().fault(), Fault::Untrusted);
  Transport missing(key, key);
  EXPECT_EQ(missing.open(ByteView(second).subspan(3)).error().fault(), Fault::Untrusted);
}

TEST(Transport, EndsWithItsLastNumber) {
  const Secret<32> key(std::array<std::uint8_t, 32>{1});
  Transport transport(key, key);
  transport.set_counters_for_test(0xffffffff, 0xffffffff);
  const auto last = transport.seal(as_bytes("last"));
  ASSERT_TRUE(last);
  EXPECT_TRUE(transport.open(ByteView(*last).subspan(3)));
  EXPECT_EQ(transport.seal(as_bytes("more")).error().fault(), Fault::Limit);
  EXPECT_EQ(transport.open(ByteView(*last).subspan(3)).error().fault(), Fault::Limit);
}

}  // namespace
}  // namespace waxwing::multidevice
