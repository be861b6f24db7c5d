// SPDX-License-Identifier: Apache-2.0
// Blob and Part: large bytes held by the host, and their place in a request, answer or event.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core.hpp"

namespace waxwing::plugin {
inline namespace v1 {

// One reference on a blob of the host. Copying takes another reference. [any-thread]
class Blob {
 public:
  Blob() = default;
  // Shares a borrowed blob, for instance that of a request's part.
  static Blob share(const Host& host, wax_blob* borrowed) noexcept {
    if (borrowed != nullptr) {
      host.blob.retain(host.raw(), borrowed);
    }
    return Blob(&host, borrowed);
  }
  // Copies `content` to the host's side. Throws Error: WAX_E_UNAVAILABLE when the host has no room.
  static Blob from(const Host& host, std::string_view content) {
    if (host.blob.create == nullptr) {
      throw Error(WAX_E_UNSUPPORTED, "this server has no blobs");
    }
    Blob blob(&host, host.blob.create(host.raw(), content.size()));
    if (blob.raw_ == nullptr) {
      throw Error(WAX_E_UNAVAILABLE, "no room for binary data");
    }
    wax_status status = host.blob.write(host.raw(), blob.raw_, bytes(content));
    if (status == WAX_OK) {
      status = host.blob.seal(host.raw(), blob.raw_);
    }
    if (status != WAX_OK) {
      throw Error(status, "binary data could not be stored");
    }
    return blob;
  }

  Blob(const Blob& o) noexcept : Blob(o.raw_ ? share(*o.host_, o.raw_) : Blob()) {}
  Blob(Blob&& o) noexcept : host_(o.host_), raw_(std::exchange(o.raw_, nullptr)) {}
  Blob& operator=(Blob o) noexcept {
    std::swap(host_, o.host_);
    std::swap(raw_, o.raw_);
    return *this;
  }
  ~Blob() {
    if (raw_ != nullptr) {
      host_->blob.release(host_->raw(), raw_);
    }
  }

  explicit operator bool() const noexcept { return raw_ != nullptr; }
  wax_blob* raw() const noexcept { return raw_; }
  std::uint64_t size() const noexcept { return raw_ ? host_->blob.size(host_->raw(), raw_) : 0; }
  // The content while it is in memory, else empty: then call read() from offload().
  std::string_view content() const noexcept {
    return raw_ ? plugin::view(host_->blob.view(host_->raw(), raw_)) : std::string_view();
  }
  // Everything, from wherever it is. May block.
  std::string read() const {
    std::string all(static_cast<std::size_t>(size()), '\0');
    std::size_t done = 0;
    while (done < all.size()) {
      const std::int64_t n = host_->blob.read(
          host_->raw(), raw_, done, reinterpret_cast<std::uint8_t*>(&all[done]), all.size() - done);
      if (n <= 0) {
        throw Error(WAX_E_INTERNAL, "binary data could not be read");
      }
      done += static_cast<std::size_t>(n);
    }
    return all;
  }

 private:
  Blob(const Host* host, wax_blob* owned) noexcept : host_(host), raw_(owned) {}

  const Host* host_ = nullptr;
  wax_blob* raw_ = nullptr;
};

// A named binary piece of an answer or event.
struct Part {
  std::string name;
  std::string mimetype;
  std::string filename;
  Blob blob;
};

namespace detail {

// Borrows from `parts`, which must outlive the result.
inline std::vector<wax_part> raw_parts(const std::vector<Part>& parts) {
  std::vector<wax_part> raw;
  raw.reserve(parts.size());
  for (const Part& p : parts) {
    raw.push_back(
        {sizeof(wax_part), 0, str(p.name), str(p.mimetype), str(p.filename), p.blob.raw()});
  }
  return raw;
}

// Walks an array of the other side, whose elements may be longer or shorter than ours.
template <class T>
class Strided {
 public:
  Strided(const T* first, std::uint32_t count) noexcept
      : first_(reinterpret_cast<const char*>(first)), count_(first ? count : 0) {
    stride_ = count_ ? first->struct_size : 0;
  }
  std::uint32_t size() const noexcept { return count_; }
  T operator[](std::uint32_t i) const noexcept {
    return normalised<T>(first_ + static_cast<std::size_t>(stride_) * i);
  }

 private:
  const char* first_;
  std::uint32_t count_;
  std::uint32_t stride_;
};

}  // namespace detail
}  // namespace v1
}  // namespace waxwing::plugin
