// SPDX-License-Identifier: Apache-2.0
// The stored form of sessions: a version, then fields of fixed width, in network order.
#include "multidevice/signal/session_record.hpp"

#include <algorithm>
#include <utility>

#include "multidevice/signal/chain.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint8_t kFormat = 1;
enum StateFlag : std::uint8_t { kSending = 1, kPending = 2, kPrekey = 4, kAllFlags = 7 };

std::size_t encoded_size(const SessionState& state) {
  std::size_t size = 300;
  for (const SessionState::ReceivingChain& chain : state.receiving) {
    size += 70 + chain.skipped.size() * 36;
  }
  return size;
}

void append_state(Bytes& to, const SessionState& state) {
  const auto flag = [](bool set, StateFlag value) {
    return set ? static_cast<std::uint32_t>(value) : 0U;
  };
  to.push_back(static_cast<std::uint8_t>(flag(state.sending.has_value(), kSending) |
                                         flag(state.pending.has_value(), kPending) |
                                         flag(state.pending && state.pending->prekey_id, kPrekey)));
  append(to, state.base_key);
  append(to, state.remote_identity);
  append_be(to, state.remote_registration_id, 4);
  append(to, state.root);
  append(to, state.sending_ratchet.secret);
  append(to, state.sending_ratchet.open);
  append_be(to, state.previous_counter, 4);
  if (state.sending) {
    append_chain(to, *state.sending);
  }
  if (state.pending) {
    append_be(to, state.pending->signed_prekey_id, 4);
    if (state.pending->prekey_id) {
      append_be(to, *state.pending->prekey_id, 4);
    }
  }
  to.push_back(static_cast<std::uint8_t>(state.receiving.size()));
  for (const SessionState::ReceivingChain& chain : state.receiving) {
    append(to, chain.ratchet_key);
    append_chain(to, chain.chain);
    append_skipped(to, chain.skipped);
  }
}

bool read_state(Reader& from, SessionState& state) {
  const auto flags = from.take_octet();
  if (!flags || (*flags & ~kAllFlags) != 0) {
    return false;
  }
  bool valid = read_fixed(from, state.base_key) && read_fixed(from, state.remote_identity) &&
               read_number(from, state.remote_registration_id) && read_fixed(from, state.root) &&
               read_fixed(from, state.sending_ratchet.secret) &&
               read_fixed(from, state.sending_ratchet.open) &&
               read_number(from, state.previous_counter);
  if (valid && (*flags & kSending) != 0) {
    valid = read_chain(from, state.sending.emplace());
  }
  if (valid && (*flags & kPending) != 0) {
    valid = read_number(from, state.pending.emplace().signed_prekey_id);
    if (valid && (*flags & kPrekey) != 0) {
      valid = read_number(from, state.pending->prekey_id.emplace());
    }
  }
  const auto chains = from.take_octet();
  if (!valid || !chains || *chains > kMaxReceivingChains) {
    return false;
  }
  state.receiving.resize(*chains);
  return std::all_of(state.receiving.begin(), state.receiving.end(),
                     [&](SessionState::ReceivingChain& chain) {
                       return read_fixed(from, chain.ratchet_key) &&
                              read_chain(from, chain.chain) && read_skipped(from, chain.skipped);
                     });
}

}  // namespace

Result<SessionRecord> SessionRecord::decode(ByteView octets) {
  Reader from(octets);
  SessionRecord record;
  const auto format = from.take_octet();
  const auto current = from.take_octet();
  const auto archived = from.take_octet();
  bool valid =
      format == kFormat && current && *current <= 1 && archived && *archived <= kMaxArchivedStates;
  if (valid && *current == 1) {
    valid = read_state(from, record.current_.emplace());
  }
  for (std::uint8_t i = 0; valid && i < *archived; ++i) {
    valid = read_state(from, record.archived_.emplace_back());
  }
  if (!valid || !from.empty()) {
    return malformed("a stored session cannot be read");
  }
  return record;
}

SecretBytes SessionRecord::encode() const {
  Bytes out;
  std::size_t size = 3;
  if (current_) {
    size += encoded_size(*current_);
  }
  for (const SessionState& state : archived_) {
    size += encoded_size(state);
  }
  out.reserve(size);  // all of it at once: nothing secret is left behind in memory
  out.push_back(kFormat);
  out.push_back(current_ ? 1 : 0);
  out.push_back(static_cast<std::uint8_t>(archived_.size()));
  if (current_) {
    append_state(out, *current_);
  }
  for (const SessionState& state : archived_) {
    append_state(out, state);
  }
  return SecretBytes(std::move(out));
}

bool SessionRecord::has_run(const PublicKey& base_key, const PublicKey& identity) const noexcept {
  const auto same = [&](const SessionState& state) {
    return state.base_key == base_key && state.remote_identity == identity;
  };
  return (current_ && same(*current_)) || std::any_of(archived_.begin(), archived_.end(), same);
}

void SessionRecord::archive() {
  if (!current_) {
    return;
  }
  if (archived_.size() == kMaxArchivedStates) {
    archived_.pop_back();
  }
  archived_.insert(archived_.begin(), std::move(*current_));
  current_.reset();
}

void SessionRecord::add(SessionState state) {
  archive();
  current_ = std::move(state);
}

std::size_t SessionRecord::weight() const noexcept {
  std::size_t total = sizeof *this;
  const auto weigh = [&](const SessionState& state) {
    for (const SessionState::ReceivingChain& chain : state.receiving) {
      total += sizeof chain + chain.skipped.capacity() * sizeof(SkippedKey);
    }
  };
  if (current_) {
    weigh(*current_);
  }
  for (const SessionState& state : archived_) {
    total += sizeof state;
    weigh(state);
  }
  return total;
}

}  // namespace waxwing::multidevice
