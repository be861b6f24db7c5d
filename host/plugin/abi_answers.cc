// SPDX-License-Identifier: Apache-2.0
// Results as the C structures that callbacks take.
#include "plugin/abi_answers.hpp"

#include "plugin/host_tables.hpp"

namespace waxwing::plugin_host {

void answer_done(wax_done_fn done, void* user, const Status& status) {
  if (done != nullptr) {
    const wax_error error = error_to_abi(status);
    done(user, to_abi(status), status.is_ok() ? nullptr : &error);
  }
}

void answer_rows(wax_rows_fn rows, void* user, const Result<std::vector<Row>>& found) {
  if (!found.has_value()) {
    const wax_error error = error_to_abi(found.error());
    rows(user, to_abi(found.error()), nullptr, 0, &error);
    return;
  }
  std::vector<wax_kv> views;
  views.reserve(found->size());
  for (const Row& row : *found) {
    wax_kv kv{};
    kv.struct_size = sizeof kv;
    kv.space = to_abi(row.space);
    kv.key = bytes_to_abi(row.key);
    kv.value = bytes_to_abi(row.value);
    kv.version = row.version;
    kv.expires_at_ms = row.expires_at_ms;
    views.push_back(kv);
  }
  rows(user, WAX_OK, views.data(), static_cast<std::uint32_t>(views.size()), nullptr);
}

void answer_lease(wax_proxy_fn lease, void* user, const Result<Lease>& found) {
  if (!found.has_value()) {
    const wax_error error = error_to_abi(found.error());
    lease(user, to_abi(found.error()), nullptr, &error);
    return;
  }
  wax_proxy_lease raw{};
  raw.struct_size = sizeof raw;
  raw.lease_id = found->id;
  raw.url = to_abi(found->url);
  raw.username = to_abi(found->username);
  raw.password = to_abi(found->password);
  raw.expires_at_ms = found->expires_at_ms;
  lease(user, WAX_OK, &raw, nullptr);
}

}  // namespace waxwing::plugin_host
