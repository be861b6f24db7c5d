// SPDX-License-Identifier: Apache-2.0
// wax.host.blob/1.
#include <atomic>

#include "plugin/blob.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/module.hpp"
#include "plugin/services.hpp"

namespace waxwing::plugin_host {
namespace {

Services::BlobEntry entry(const wax_host* host, wax_blob* blob) {
  return module_of(host).services().blobs.get(reinterpret_cast<std::uint64_t>(blob));
}

wax_blob* create(const wax_host* host, uint64_t) noexcept {
  return reinterpret_cast<wax_blob*>(module_of(host).services().blobs.insert(
      {std::make_shared<Blob>(), std::make_shared<std::atomic<int>>(1)}));
}

wax_status write(const wax_host* host, wax_blob* blob, wax_bytes data) noexcept {
  const auto found = entry(host, blob);
  return found ? static_cast<wax_status>(found.blob->append(view(data)).code()) : WAX_E_NOT_FOUND;
}

wax_status seal(const wax_host* host, wax_blob* blob) noexcept {
  const auto found = entry(host, blob);
  if (!found) {
    return WAX_E_NOT_FOUND;
  }
  found.blob->seal();
  return WAX_OK;
}

int64_t read(const wax_host* host, wax_blob* blob, uint64_t offset, uint8_t* buffer,
             uint64_t size) noexcept {
  const auto found = entry(host, blob);
  return found ? found.blob->read(offset, buffer, size) : -1;
}

uint64_t size(const wax_host* host, wax_blob* blob) noexcept {
  const auto found = entry(host, blob);
  return found ? found.blob->size() : 0;
}

wax_bytes view_blob(const wax_host* host, wax_blob* blob) noexcept {
  const auto found = entry(host, blob);
  return found ? bytes_to_abi(found.blob->view()) : wax_bytes{};
}

int32_t dup_fd(const wax_host* host, wax_blob* blob) noexcept {
  const auto found = entry(host, blob);
  return found ? found.blob->dup_fd() : -1;
}

void retain(const wax_host* host, wax_blob* blob) noexcept {
  if (const auto found = entry(host, blob)) {
    found.references->fetch_add(1);
  }
}

void release(const wax_host* host, wax_blob* blob) noexcept {
  const auto found = entry(host, blob);
  if (found && found.references->fetch_sub(1) == 1) {
    module_of(host).services().blobs.erase(reinterpret_cast<std::uint64_t>(blob));
  }
}

}  // namespace

const wax_host_blob* blob_table() noexcept {
  static const wax_host_blob table = {sizeof(wax_host_blob),
                                      0,
                                      &create,
                                      &write,
                                      &seal,
                                      &read,
                                      &size,
                                      &view_blob,
                                      &dup_fd,
                                      &retain,
                                      &release};
  return &table;
}

}  // namespace waxwing::plugin_host
