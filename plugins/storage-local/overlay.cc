// SPDX-License-Identifier: Apache-2.0
// Names of rows, changes as octets, and the map of changes.
#include "overlay.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <waxwing/plugin/storage.hpp>

namespace waxwing::storage_local {
namespace {

// Beside the octets of the name and the value: the node of the map and the heads of two
// allocations.
constexpr std::size_t kBytesOfEntry = sizeof(Overlay::Map::value_type) + 64;

std::size_t bytes_of(std::string_view id, const Change& change) noexcept {
  return kBytesOfEntry + id.size() + change.value.size();
}

template <class T>
void put(std::string& text, T number) {
  std::array<char, sizeof number> octets;
  std::memcpy(octets.data(), &number, sizeof number);
  text.append(octets.data(), octets.size());
}

// Takes parts from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return text_.empty(); }
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, octets(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view octets(std::size_t size) {
    if (size > text_.size()) {
      throw plugin::Error(WAX_E_INTERNAL, "a record of the journal ends too early");
    }
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::string row_id(std::string_view tenant, std::string_view space, std::string_view key) {
  std::string id;
  id.reserve(tenant.size() + space.size() + key.size() + 2);
  id.append(tenant).push_back('\0');
  id.append(space).push_back('\0');
  return id.append(key);
}

RowName name_of(std::string_view id) noexcept {
  const std::size_t first = id.find('\0');
  const std::size_t second = id.find('\0', first + 1);
  return {id.substr(0, first), id.substr(first + 1, second - first - 1), id.substr(second + 1)};
}

void append_change(std::string& body, std::string_view id, const Change& change) {
  put(body, static_cast<std::uint32_t>(id.size()));
  body.append(id);
  put(body, static_cast<std::uint8_t>(change.erased));
  if (!change.erased) {
    put(body, change.version);
    put(body, change.expires_at_ms);
    put(body, static_cast<std::uint32_t>(change.value.size()));
    body.append(change.value);
  }
}

void for_each_change(std::string_view body,
                     const std::function<void(std::string_view id, Change change)>& each) {
  Reader reader(body);
  while (!reader.at_end()) {
    const std::string_view id = reader.octets(reader.number<std::uint32_t>());
    Change change;
    change.erased = reader.number<std::uint8_t>() != 0;
    if (!change.erased) {
      change.version = reader.number<std::uint64_t>();
      change.expires_at_ms = reader.number<std::int64_t>();
      change.value = reader.octets(reader.number<std::uint32_t>());
    }
    each(id, std::move(change));
  }
}

void Overlay::set(std::string id, Change change) {
  bytes_ += bytes_of(id, change);
  const auto [it, fresh] = rows_.try_emplace(std::move(id));
  if (!fresh) {
    bytes_ -= bytes_of(it->first, it->second);
  }
  it->second = std::move(change);
}

const Change* Overlay::find(std::string_view id) const {
  const auto it = rows_.find(id);
  return it != rows_.end() ? &it->second : nullptr;
}

void Overlay::clear() noexcept {
  rows_.clear();
  bytes_ = 0;
}

OverlayWalk::OverlayWalk(const Overlay& overlay, std::string_view low, std::string_view high,
                         bool reverse)
    : reverse_(reverse),
      first_(overlay.rows().lower_bound(low)),
      last_(low < high ? overlay.rows().lower_bound(high) : first_) {}

void OverlayWalk::next() noexcept {
  if (reverse_) {
    --last_;
  } else {
    ++first_;
  }
}

}  // namespace waxwing::storage_local
