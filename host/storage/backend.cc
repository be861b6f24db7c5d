// SPDX-License-Identifier: Apache-2.0
// Tenants onto lanes.
#include "storage/backend.hpp"

#include <algorithm>
#include <utility>

#include "base/digest.hpp"
#include "storage/lane.hpp"

namespace waxwing::storage {
namespace {

std::size_t size_of(const std::vector<plugin_host::WriteOp>& ops) noexcept {
  std::size_t bytes = 0;
  for (const plugin_host::WriteOp& op : ops) {
    bytes += op.size_bytes();
  }
  return bytes;
}

}  // namespace

void Job::refuse(const Status& why) {
  if (written) {
    written(plugin_host::BatchResult{why, 0}, ops);
  } else {
    call(why);
  }
}

Backend::Backend(std::unique_ptr<plugin_host::StorageModule> module, std::size_t lanes,
                 LaneOptions options)
    : module_(std::move(module)), options_(std::move(options)) {
  // More than the module allows at once would break its rules; the ABI names 16 as the most.
  constexpr std::size_t kMaxLanes = 16;
  const std::size_t most = std::min<std::size_t>(module_->info().concurrency, kMaxLanes);
  const std::size_t count = lanes == 0 ? most : std::min(lanes, most);
  for (std::size_t i = 0; i < count; ++i) {
    lanes_.push_back(
        std::make_unique<Lane>("wax-store-" + std::to_string(i), *module_, options_, counters_));
  }
}

Backend::~Backend() {
  close();
}

Lane& Backend::lane_of(std::string_view tenant) noexcept {
  return *lanes_[fnv1a64(tenant) % lanes_.size()];
}

void Backend::write(std::string_view tenant, std::vector<plugin_host::WriteOp> ops,
                    WrittenFn written) {
  Job job;
  job.tenant = tenant;
  job.bytes = sizeof(Job) + size_of(ops);
  job.ops = std::move(ops);
  job.written = std::move(written);
  lane_of(tenant).push(std::move(job));
}

void Backend::call(std::string_view tenant, CallFn call) {
  Job job;
  job.tenant = tenant;
  job.bytes = sizeof(Job);
  job.call = std::move(call);
  lane_of(tenant).push(std::move(job));
}

std::size_t Backend::queued() const {
  std::size_t sum = 0;
  for (const auto& lane : lanes_) {
    sum += lane->queued();
  }
  return sum;
}

void Backend::close() {
  for (const auto& lane : lanes_) {
    lane->close();
  }
  module_->close();
}

}  // namespace waxwing::storage
