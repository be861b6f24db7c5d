// SPDX-License-Identifier: Apache-2.0
// Token dictionaries: the words that stanzas name by one or two bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace waxwing::multidevice {

// What the fourth byte of a connection's header names. Current clients speak 3, older ones 2; both
// ends of a connection use the same.
enum class DictionaryVersion : std::uint8_t { V2 = 2, V3 = 3 };

// Where a word stands: in the table of single bytes, or in one of the four double-byte tables.
struct Token {
  static constexpr std::uint8_t kSingle = 0xff;
  std::uint8_t table = kSingle;
  std::uint8_t index = 0;

  friend bool operator==(const Token&, const Token&) = default;
};

// The words of one version. Immutable, lives as long as the process, any thread. The tables are
// those published clients carry; tools/md-tokens writes them.
class Dictionary {
 public:
  static constexpr std::size_t kSingleCount = 236;
  static constexpr std::size_t kDoubleTables = 4;
  static constexpr std::size_t kDoubleCount = 256;

  [[nodiscard]] static const Dictionary& of(DictionaryVersion version) noexcept;

  // The word of a single-byte token; index 0 is the empty word. Empty view when out of range.
  [[nodiscard]] std::string_view single(std::uint8_t index) const noexcept {
    return index < kSingleCount ? single_[index] : std::string_view{};
  }
  // The word of a double-byte token, table 0 to 3. Empty view when out of range.
  [[nodiscard]] std::string_view pair(std::uint8_t table, std::uint8_t index) const noexcept {
    return table < kDoubleTables ? double_[table][index] : std::string_view{};
  }
  // The token of a word; none for the empty word and for one that is in no table.
  [[nodiscard]] std::optional<Token> find(std::string_view word) const noexcept;

  // Built by the compiler only, from each table's words joined by line feeds.
  consteval Dictionary(std::string_view single, std::array<std::string_view, kDoubleTables> pairs);

 private:
  static constexpr std::size_t kSlots = 4096;  // Power of two; a third full.
  static constexpr std::uint16_t kFree = 0xffff;

  static constexpr std::size_t hash(std::string_view word) noexcept;
  [[nodiscard]] constexpr std::string_view word(std::uint16_t entry) const noexcept;
  constexpr void insert(std::uint16_t entry);

  std::array<std::string_view, kSingleCount> single_{};
  std::array<std::array<std::string_view, kDoubleCount>, kDoubleTables> double_{};
  // Open addressing: entry = index of a single, or kSingleCount + table * 256 + index.
  std::array<std::uint16_t, kSlots> slots_{};
};

}  // namespace waxwing::multidevice
