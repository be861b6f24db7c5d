// SPDX-License-Identifier: Apache-2.0
// XX: -> e, <- e ee s es, -> s se. IK: <- s beforehand, -> e es s ss, <- e ee se. XXfallback: XX
// with the e of a refused IK as the first message.
#include "multidevice/noise/initiator.hpp"

#include <utility>

#include "multidevice/noise/messages.hpp"

namespace waxwing::multidevice {

Initiator::Initiator(Params params, KeyPair ephemeral)
    : params_(std::move(params)),
      ephemeral_(std::move(ephemeral)),
      state_(SymmetricState::kXx, params_.header) {
  if (params_.known && params_.known->not_after_s < params_.now_s) {
    params_.known.reset();
  }
}

Result<Bytes> Initiator::hello() {
  if (params_.known) {
    return resuming_hello();
  }
  state_.mix_hash(ephemeral_.open);
  return encode_hello(ClientHello{ephemeral_.open, {}, {}});
}

Result<Bytes> Initiator::resuming_hello() {
  const PublicKey& server = params_.known->key;
  state_ = SymmetricState(SymmetricState::kIk, params_.header);
  state_.mix_hash(server);
  state_.mix_hash(ephemeral_.open);
  WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, server));
  WAX_MD_TRY(Bytes static_key, state_.encrypt(params_.static_key.open));
  WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, server));
  WAX_MD_TRY(Bytes payload, state_.encrypt(params_.payload));
  return encode_hello(ClientHello{ephemeral_.open, std::move(static_key), std::move(payload)});
}

Result<Initiator::Outcome> Initiator::on_server_hello(ByteView frame) {
  WAX_MD_TRY(const ServerHello hello, decode_server_hello(frame));
  const bool resuming = params_.known.has_value();
  if (resuming && !hello.static_key) {
    state_.mix_hash(hello.ephemeral);
    WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, hello.ephemeral));
    WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, hello.ephemeral));
    // The chain of a server that holds the known key has been verified before; that the text opens
    // is the proof that it does.
    WAX_MD_TRY(const Bytes chain, state_.decrypt(hello.payload));
    (void)chain;
    return outcome({}, *params_.known, NoisePattern::Ik);
  }
  if (!hello.static_key) {
    return malformed("a server hello without a static key");
  }
  if (resuming) {
    state_ = SymmetricState(SymmetricState::kXxFallback, params_.header);
    state_.mix_hash(ephemeral_.open);
  }
  state_.mix_hash(hello.ephemeral);
  WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, hello.ephemeral));
  WAX_MD_TRY(const PublicKey server_key, state_.decrypt_key(*hello.static_key));
  WAX_MD_TRY_VOID(state_.mix_shared(ephemeral_.secret, server_key));
  WAX_MD_TRY(const Bytes chain, state_.decrypt(hello.payload));
  WAX_MD_TRY(const VerifiedServer server,
             verify_chain(chain, params_.root, server_key, params_.now_s));

  WAX_MD_TRY(Bytes static_key, state_.encrypt(params_.static_key.open));
  WAX_MD_TRY_VOID(state_.mix_shared(params_.static_key.secret, hello.ephemeral));
  WAX_MD_TRY(Bytes payload, state_.encrypt(params_.payload));
  return outcome(encode_finish({std::move(static_key), std::move(payload)}), server,
                 resuming ? NoisePattern::XxFallback : NoisePattern::Xx);
}

Initiator::Outcome Initiator::outcome(Bytes finish, const VerifiedServer& server,
                                      NoisePattern pattern) {
  SymmetricState::Split keys = state_.split();
  return {std::move(finish),
          Transport(std::move(keys.from_initiator), std::move(keys.from_responder)), server,
          pattern};
}

}  // namespace waxwing::multidevice
