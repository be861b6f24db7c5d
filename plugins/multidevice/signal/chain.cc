// SPDX-License-Identifier: Apache-2.0
// Stepping of chains, and their stored form.
#include "multidevice/signal/chain.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "multidevice/crypto/hash.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::array<std::uint8_t, 1> kSeed = {0x01};
constexpr std::array<std::uint8_t, 1> kChain = {0x02};

}  // namespace

Secret<32> next_seed(ChainKey& chain) {
  Secret<32> seed(hmac_sha256(chain.key, {kSeed}));
  chain.key = Secret<32>(hmac_sha256(chain.key, {kChain}));
  ++chain.index;
  return seed;
}

ChainWalk::ChainWalk(const ChainKey& chain, const std::vector<SkippedKey>& skipped,
                     std::uint32_t index) {
  if (index < chain.index) {
    const auto found = std::find_if(skipped.begin(), skipped.end(),
                                    [&](const SkippedKey& key) { return key.index == index; });
    if (found == skipped.end()) {
      fault_ = DecryptFault::Duplicate;
    } else {
      used_ = static_cast<std::size_t>(found - skipped.begin());
      seed_ = found->seed;
    }
    return;
  }
  if (index - chain.index > kMaxSkip || index == UINT32_MAX) {
    fault_ = DecryptFault::FutureMessage;
    return;
  }
  ahead_ = chain;
  passed_.reserve(index - chain.index);
  while (ahead_.index < index) {
    const std::uint32_t passed = ahead_.index;
    passed_.push_back({passed, next_seed(ahead_)});
  }
  seed_ = next_seed(ahead_);
}

void ChainWalk::apply(ChainKey& chain, std::vector<SkippedKey>& skipped) {
  if (used_) {
    skipped.erase(skipped.begin() + static_cast<std::ptrdiff_t>(*used_));
    if (skipped.empty()) {
      skipped.shrink_to_fit();
    }
    return;
  }
  chain = std::move(ahead_);
  const std::size_t total = skipped.size() + passed_.size();
  if (total > kMaxSkippedKeys) {
    skipped.erase(skipped.begin(), skipped.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                         skipped.size(), total - kMaxSkippedKeys)));
  }
  skipped.insert(skipped.end(), std::make_move_iterator(passed_.begin()),
                 std::make_move_iterator(passed_.end()));
}

void append_chain(Bytes& to, const ChainKey& chain) {
  append(to, chain.key);
  append_be(to, chain.index, 4);
}

void append_skipped(Bytes& to, const std::vector<SkippedKey>& skipped) {
  append_be(to, skipped.size(), 2);
  for (const SkippedKey& key : skipped) {
    append_be(to, key.index, 4);
    append(to, key.seed);
  }
}

bool read_number(Reader& from, std::uint32_t& out) {
  const auto value = from.take_be(4);
  out = static_cast<std::uint32_t>(value.value_or(0));
  return value.has_value();
}

bool read_chain(Reader& from, ChainKey& chain) {
  return read_fixed(from, chain.key) && read_number(from, chain.index);
}

bool read_skipped(Reader& from, std::vector<SkippedKey>& skipped) {
  const auto count = from.take_be(2);
  if (!count || *count > kMaxSkippedKeys || from.remaining() < *count * 36) {
    return false;
  }
  skipped.resize(static_cast<std::size_t>(*count));
  return std::all_of(skipped.begin(), skipped.end(), [&](SkippedKey& key) {
    return read_number(from, key.index) && read_fixed(from, key.seed);
  });
}

}  // namespace waxwing::multidevice
