// SPDX-License-Identifier: Apache-2.0
// Pages out of one large reservation, used in turn.
#include "guarded.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace waxwing::plugin_check {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kArena = std::size_t{1} << 30;  // addresses, not memory

// Reserved once. An old address comes back only after a gigabyte of calls.
char* arena() {
  static char* const begin = [] {
    void* at =
        ::mmap(nullptr, kArena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
      std::abort();
    }
    return static_cast<char*>(at);
  }();
  return begin;
}

}  // namespace

Guarded::Guarded(std::size_t bytes) {
  static std::size_t next = 0;
  // Alignment may cost up to 15 octets per piece; the caller counts pieces generously.
  size_ = (bytes + kPage) / kPage * kPage;
  if (next + size_ > kArena) {
    next = 0;
  }
  begin_ = arena() + next;
  next += size_;
  if (::mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0) {
    std::abort();
  }
}

Guarded::~Guarded() {
  ::mprotect(begin_, size_, PROT_NONE);
  ::madvise(begin_, size_, MADV_DONTNEED);
}

void* Guarded::take(std::size_t bytes) {
  used_ = (used_ + 15) & ~std::size_t{15};
  if (used_ + bytes > size_) {
    std::abort();
  }
  void* at = begin_ + used_;
  used_ += bytes;
  return at;
}

wax_str Guarded::copy(wax_str text) {
  if (text.data == nullptr || text.size == 0) {
    return {nullptr, 0};
  }
  auto* to = room<char>(text.size);
  std::memcpy(to, text.data, text.size);
  return {to, text.size};
}

wax_bytes Guarded::copy(wax_bytes octets) {
  const wax_str copied = copy(wax_str{reinterpret_cast<const char*>(octets.data), octets.size});
  return {reinterpret_cast<const std::uint8_t*>(copied.data), copied.size};
}

}  // namespace waxwing::plugin_check
