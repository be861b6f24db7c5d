// SPDX-License-Identifier: Apache-2.0
// The tables of both dictionary versions and their lookup, all made by the compiler.
#include "multidevice/binary/dictionary.hpp"

#include <span>

#include "multidevice/binary/tokens_2.hpp"
#include "multidevice/binary/tokens_3.hpp"

namespace waxwing::multidevice {
namespace {

// Fails to compile when the number of words is not that of the table.
constexpr void split(std::string_view joined, std::span<std::string_view> words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::size_t end = joined.find('\n');
    words[i] = joined.substr(0, end);
    joined.remove_prefix(end + 1);
  }
  if (joined.find('\n') != std::string_view::npos) {
    throw "too many words in a token table";
  }
  words.back() = joined;
}

}  // namespace

constexpr std::size_t Dictionary::hash(std::string_view word) noexcept {
  std::uint32_t state = 2166136261U;  // FNV-1a.
  for (const char c : word) {
    state = (state ^ static_cast<std::uint8_t>(c)) * 16777619U;
  }
  return (state ^ (state >> 15)) % kSlots;
}

constexpr std::string_view Dictionary::word(std::uint16_t entry) const noexcept {
  if (entry < kSingleCount) {
    return single_[entry];
  }
  const std::size_t position = entry - kSingleCount;
  return double_[position / kDoubleCount][position % kDoubleCount];
}

constexpr void Dictionary::insert(std::uint16_t entry) {
  std::size_t slot = hash(word(entry));
  while (slots_[slot] != kFree) {
    if (word(slots_[slot]) == word(entry)) {
      throw "a word stands twice in the token tables";
    }
    slot = (slot + 1) % kSlots;
  }
  slots_[slot] = entry;
}

consteval Dictionary::Dictionary(std::string_view single,
                                 std::array<std::string_view, kDoubleTables> pairs) {
  split(single, single_);
  for (std::size_t table = 0; table < kDoubleTables; ++table) {
    split(pairs[table], double_[table]);
  }
  slots_.fill(kFree);
  constexpr std::size_t kEntries = kSingleCount + kDoubleTables * kDoubleCount;
  for (std::size_t entry = 1; entry < kEntries; ++entry) {
    insert(static_cast<std::uint16_t>(entry));
  }
}

std::optional<Token> Dictionary::find(std::string_view text) const noexcept {
  for (std::size_t slot = hash(text); slots_[slot] != kFree; slot = (slot + 1) % kSlots) {
    const std::uint16_t entry = slots_[slot];
    if (word(entry) != text) {
      continue;
    }
    if (entry < kSingleCount) {
      return Token{Token::kSingle, static_cast<std::uint8_t>(entry)};
    }
    const std::size_t position = entry - kSingleCount;
    return Token{static_cast<std::uint8_t>(position / kDoubleCount),
                 static_cast<std::uint8_t>(position % kDoubleCount)};
  }
  return std::nullopt;
}

namespace {

constexpr Dictionary kVersion2(tokens_2::kSingle, {tokens_2::kDouble0, tokens_2::kDouble1,
                                                   tokens_2::kDouble2, tokens_2::kDouble3});
constexpr Dictionary kVersion3(tokens_3::kSingle, {tokens_3::kDouble0, tokens_3::kDouble1,
                                                   tokens_3::kDouble2, tokens_3::kDouble3});

}  // namespace

const Dictionary& Dictionary::of(DictionaryVersion version) noexcept {
  return version == DictionaryVersion::V2 ? kVersion2 : kVersion3;
}

}  // namespace waxwing::multidevice
