// SPDX-License-Identifier: Apache-2.0
// The mirror image of initiator.cc.
#include "multidevice/noise/responder.hpp"

#include <utility>

#include "multidevice/noise/messages.hpp"

namespace waxwing::multidevice {

Responder::Responder(Params params, KeyPair ephemeral)
    : params_(std::move(params)),
      ephemeral_(std::move(ephemeral)),
      state_(SymmetricState::kXx, params_.header) {}

Result<Responder::Answer> Responder::on_client_hello(ByteView frame) {
  WAX_MD_TRY(const ClientHello hello, decode_client_hello(frame));
  ServerHello answer;
  answer.ephemeral = ephemeral_.open;
  if (hello.static_key && hello.payload) {
    pattern_ = NoisePattern::XxFallback;
    // What does not open was meant for a key that this server does not have.
    if (auto resumed = read_resumed(hello.ephemeral, *hello.static_key, *hello.payload);
        resumed && params_.accept_resume) {
      state_.mix_hash(ephemeral_.open);
      WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, hello.ephemeral));
      WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, resumed->static_key));
      WAX_MD_TRY(answer.payload, state_.encrypt(params_.chain));
      return Answer{encode_hello(answer),
                    client(resumed->static_key, std::move(resumed->payload), NoisePattern::Ik)};
    }
    state_ = SymmetricState(SymmetricState::kXxFallback, params_.header);
  }
  state_.mix_hash(hello.ephemeral);
  state_.mix_hash(ephemeral_.open);
  WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, hello.ephemeral));
  WAX_MD_TRY(answer.static_key, state_.encrypt(params_.static_key.open));
  WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, hello.ephemeral));
  WAX_MD_TRY(answer.payload, state_.encrypt(params_.chain));
  return Answer{encode_hello(answer), std::nullopt};
}

Result<Responder::Resumed> Responder::read_resumed(const PublicKey& ephemeral, ByteView static_key,
                                                   ByteView payload) {
  state_ = SymmetricState(SymmetricState::kIk, params_.header);
  state_.mix_hash(params_.static_key.open);
  state_.mix_hash(ephemeral);
  WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, ephemeral));
  WAX_MD_TRY(const PublicKey key, state_.decrypt_key(static_key));
  WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, key));
  WAX_MD_TRY(Bytes plain, state_.decrypt(payload));
  return Resumed{key, std::move(plain)};
}

Result<Responder::Client> Responder::on_client_finish(ByteView frame) {
  WAX_MD_TRY(const ClientFinish finish, decode_client_finish(frame));
  WAX_MD_TRY(const PublicKey key, state_.decrypt_key(finish.static_key));
  WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, key));
  WAX_MD_TRY(Bytes payload, state_.decrypt(finish.payload));
  return client(key, std::move(payload), pattern_);
}

Responder::Client Responder::client(const PublicKey& static_key, Bytes payload,
                                    NoisePattern pattern) {
  SymmetricState::Split keys = state_.split();
  return {static_key, std::move(payload),
          Transport(std::move(keys.from_responder), std::move(keys.from_initiator)), pattern};
}

}  // namespace waxwing::multidevice
