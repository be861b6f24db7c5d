// SPDX-License-Identifier: Apache-2.0
// Our signatures and those of libsignal-protocol-c verify each other's.
#include <gtest/gtest.h>

extern "C" {
#include <signal/curve.h>
#include <signal/signal_protocol.h>
}

#include "multidevice/crypto/random.hpp"
#include "multidevice/crypto/signature.hpp"

namespace waxwing::multidevice {
namespace {

int random_function(std::uint8_t* data, std::size_t size, void* /*user*/) {
  fill_random({data, size});
  return 0;
}

class SignatureWitness : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(signal_context_create(&context_, nullptr), 0);
    signal_crypto_provider provider{};
    provider.random_func = &random_function;
    // None of the others is used for signatures, but all must be there.
    provider.hmac_sha256_init_func = [](void**, const std::uint8_t*, std::size_t, void*) {
      return -1;
    };
    provider.hmac_sha256_update_func = [](void*, const std::uint8_t*, std::size_t, void*) {
      return -1;
    };
    provider.hmac_sha256_final_func = [](void*, signal_buffer**, void*) { return -1; };
    provider.hmac_sha256_cleanup_func = [](void*, void*) {};
    provider.sha512_digest_init_func = [](void**, void*) { return -1; };
    provider.sha512_digest_update_func = [](void*, const std::uint8_t*, std::size_t, void*) {
      return -1;
    };
    provider.sha512_digest_final_func = [](void*, signal_buffer**, void*) { return -1; };
    provider.sha512_digest_cleanup_func = [](void*, void*) {};
    provider.encrypt_func = [](signal_buffer**, int, const std::uint8_t*, std::size_t,
                               const std::uint8_t*, std::size_t, const std::uint8_t*, std::size_t,
                               void*) { return -1; };
    provider.decrypt_func = provider.encrypt_func;
    ASSERT_EQ(signal_context_set_crypto_provider(context_, &provider), 0);
  }
  void TearDown() override { signal_context_destroy(context_); }

  signal_context* context_ = nullptr;
};

TEST_F(SignatureWitness, AgreesBothWays) {
  for (int i = 0; i < 100; ++i) {
    const KeyPair pair = KeyPair::generate();
    const Bytes message = random_bytes(random_below(200));
    const Bytes decoy(message.size() + 1);

    ec_private_key* secret = nullptr;
    ASSERT_EQ(curve_decode_private_point(&secret, pair.secret.view().data(), 32, context_), 0);
    signal_buffer* buffer = nullptr;
    ASSERT_EQ(curve_calculate_signature(context_, &buffer, secret, message.data(), message.size()),
              0);
    const ByteView theirs(signal_buffer_data(buffer), signal_buffer_len(buffer));
    EXPECT_TRUE(verify(pair.open, {message}, theirs));
    EXPECT_FALSE(verify(pair.open, {decoy}, theirs));
    signal_buffer_free(buffer);

    ec_public_key* generated = nullptr;
    ASSERT_EQ(curve_generate_public_key(&generated, secret), 0);
    ec_public_key* open = nullptr;
    const auto serialized = with_key_type(pair.open);
    ASSERT_EQ(curve_decode_point(&open, serialized.data(), serialized.size(), context_), 0);
    EXPECT_EQ(ec_public_key_compare(open, generated), 0);
    const Signature ours = sign(pair.secret, {message});
    EXPECT_EQ(
        curve_verify_signature(open, message.data(), message.size(), ours.data(), ours.size()), 1);
    EXPECT_EQ(curve_verify_signature(open, decoy.data(), decoy.size(), ours.data(), ours.size()),
              0);
    for (void* object :
         {static_cast<void*>(generated), static_cast<void*>(open), static_cast<void*>(secret)}) {
      signal_type_unref(static_cast<signal_type_base*>(object));
    }
  }
}

}  // namespace
}  // namespace waxwing::multidevice
