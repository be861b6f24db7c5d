// SPDX-License-Identifier: Apache-2.0
// Waiting for answers that come on a lane.
#include "storage/blocking.hpp"

#include <future>
#include <iterator>
#include <utility>

namespace waxwing::storage {
namespace {

void run_here(Task task) {
  task();
}

template <class T, class Start>
T wait_for(Start&& start) {
  std::promise<T> promise;
  auto future = promise.get_future();
  start([promise = std::move(promise)](T answer) mutable { promise.set_value(std::move(answer)); });
  return future.get();
}

}  // namespace

BlockingTenant::BlockingTenant(Store& store, std::string_view name)
    : tenant_(store.tenant(name, run_here)) {}

Result<std::vector<Row>> BlockingTenant::get(std::vector<KeyRef> keys) const {
  return wait_for<Result<std::vector<Row>>>(
      [&](auto done) { tenant_.get(std::move(keys), std::move(done)); });
}

Result<Row> BlockingTenant::get_one(std::string space, std::string key) const {
  WAX_TRY(std::vector<Row> rows, get({{space, key}}));
  if (rows.empty()) {
    return Status(Code::NotFound, "there is no row '" + key + "' in space '" + space + "'");
  }
  return std::move(rows.front());
}

Result<std::vector<Row>> BlockingTenant::scan(Scan scan) const {
  return wait_for<Result<std::vector<Row>>>(
      [&](auto done) { tenant_.scan(std::move(scan), std::move(done)); });
}

Result<std::vector<Row>> BlockingTenant::scan_all(Scan scan) const {
  std::vector<Row> all;
  while (true) {
    WAX_TRY(std::vector<Row> page, this->scan(scan));
    if (page.empty()) {
      return all;
    }
    scan.after = page.back().key;
    std::move(page.begin(), page.end(), std::back_inserter(all));
  }
}

Status BlockingTenant::commit(std::vector<WriteOp> ops) const {
  return wait_for<Status>([&](auto done) { tenant_.commit(std::move(ops), std::move(done)); });
}

Status BlockingTenant::drop() const {
  return wait_for<Status>([&](auto done) { tenant_.drop("", std::move(done)); });
}

Result<std::vector<std::string>> list_tenants(Store& store) {
  return wait_for<Result<std::vector<std::string>>>(
      [&](auto done) { store.list_tenants(run_here, std::move(done)); });
}

Result<std::string> stats(Store& store) {
  return wait_for<Result<std::string>>([&](auto done) { store.stats(run_here, std::move(done)); });
}

}  // namespace waxwing::storage
