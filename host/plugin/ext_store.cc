// SPDX-License-Identifier: Apache-2.0
// wax.host.store/1.
#include <string>

#include "plugin/abi_answers.hpp"
#include "plugin/abi_events.hpp"
#include "plugin/blob.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr std::string_view kHostSpaces = "waxwing.";

void fail_rows(wax_rows_fn rows, void* user, const Status& status) noexcept {
  if (const GoneCallback callback; callback.allowed()) {
    answer_rows(rows, user, status);
  }
}

void fail_done(wax_done_fn done, void* user, const Status& status) noexcept {
  if (const GoneCallback callback; callback.allowed()) {
    answer_done(done, user, status);
  }
}

Status gone() {
  return {Code::Cancelled, "the session is gone"};
}

Status check_space(std::string_view space) {
  if (space.empty() || space.starts_with(kHostSpaces)) {
    return {Code::Invalid, "not a space for engines: '" + std::string(space) + "'"};
  }
  return Status::ok();
}

void get(const wax_host* host, wax_session* token, const wax_kv* keys, uint32_t count,
         wax_rows_fn rows, void* user) noexcept {
  const auto session = live_session(host, token, "store.get");
  Status status = session ? Status::ok() : gone();
  std::vector<KeyRef> refs;
  for_each_element(keys, count, [&](const wax_kv& kv) {
    refs.push_back({std::string(view(kv.space)), std::string(view(kv.key))});
    if (status.is_ok()) {
      status = check_space(refs.back().space);
    }
  });
  if (!session) {
    fail_rows(rows, user, status);
  } else if (!status.is_ok()) {
    session->post_rows(rows, user, status);
  } else {
    session->get(std::move(refs), rows, user);
  }
}

void scan(const wax_host* host, wax_session* token, const wax_scan* query, wax_rows_fn rows,
          void* user) noexcept {
  const auto session = live_session(host, token, "store.scan");
  if (!session) {
    fail_rows(rows, user, gone());
    return;
  }
  const wax_scan raw = normalised(query);
  Scan scan{std::string(view(raw.space)),        std::string(view(raw.prefix)),
            std::string(view(raw.after)),        raw.limit,
            (raw.flags & WAX_SCAN_REVERSE) != 0, (raw.flags & WAX_SCAN_KEYS_ONLY) != 0};
  if (const Status status = check_space(scan.space); !status.is_ok()) {
    session->post_rows(rows, user, status);
    return;
  }
  session->scan(std::move(scan), rows, user);
}

void commit(const wax_host* host, wax_session* token, const wax_kv* ops, uint32_t count,
            const wax_event* events, uint32_t events_count, wax_done_fn done, void* user) noexcept {
  const auto session = live_session(host, token, "store.commit");
  if (!session) {
    fail_done(done, user, gone());
    return;
  }
  Status status;
  std::vector<WriteOp> rows;
  for_each_element(ops, count, [&](const wax_kv& kv) {
    rows.push_back({kv.flags, std::string(view(kv.space)), std::string(view(kv.key)),
                    std::string(view(kv.value)), kv.version, kv.expires_at_ms});
    if (status.is_ok()) {
      status = check_space(rows.back().space);
    }
  });
  std::vector<EngineEvent> copies = copy_events(module_of(host), events, events_count);
  if (status.is_ok() && copies.size() != events_count) {
    status = Status(Code::Invalid, "an event without a type, or whose payload is no JSON object");
  }
  std::size_t bytes = 0;
  for (const EngineEvent& event : copies) {
    bytes += event.size_bytes();
  }
  if (status.is_ok() && !copies.empty() && !session->take_events(copies.size(), bytes)) {
    status = Status(Code::Unavailable, "the session's event queue is full");
  }
  if (!status.is_ok()) {
    session->post_done(done, user, status);
    return;
  }
  session->commit(std::move(rows), std::move(copies), done, user);
}

}  // namespace

const wax_host_store* store_table() noexcept {
  static const wax_host_store table = {sizeof(wax_host_store), 0, &get, &scan, &commit};
  return &table;
}

}  // namespace waxwing::plugin_host
