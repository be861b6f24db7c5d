// SPDX-License-Identifier: Apache-2.0
// The loop of a lane: take everything, group it, commit, answer.
#include "storage/lane.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "base/log.hpp"

namespace waxwing::storage {

using plugin_host::Batch;
using plugin_host::BatchResult;

Lane::Lane(std::string name, plugin_host::StorageModule& module, const LaneOptions& options,
           BackendCounters& counters)
    : pace_(options.commits_at_once, options.commit_interval),
      name_(std::move(name)),
      module_(module),
      options_(options),
      counters_(counters),
      thread_([this] { work(); }) {}

Lane::~Lane() {
  close();
}

void Lane::push(Job job) {
  static const Status kBusy =
      Status(Code::Unavailable, "the storage is busy: too many writes and reads are waiting")
          .retry_after(1'000);
  {
    const std::lock_guard lock(mutex_);
    if (!closing_) {
      // A single job larger than the limit still passes through an empty lane.
      if (pending_calls_ >= options_.max_queued_calls ||
          (pending_calls_ > 0 && pending_bytes_ + job.bytes > options_.max_queued_bytes)) {
        counters_.refused.fetch_add(1, std::memory_order_relaxed);
        job.refused = kBusy;
        job.ops = {};
        job.bytes = 0;
      }
      ++pending_calls_;
      pending_bytes_ += job.bytes;
      const bool wanted = !gathering_ || !job.is_batch();
      queued_calls_ += job.is_batch() ? 0U : 1U;
      queue_.push_back(std::move(job));
      if (wanted) {
        wake_.notify_one();
      }
      return;
    }
  }
  job.refuse({Code::Unavailable, "the storage is closed"});
}

std::size_t Lane::queued() const {
  const std::lock_guard lock(mutex_);
  return pending_calls_;
}

void Lane::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

Lane::Jobs Lane::take_all() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
  queued_calls_ = 0;
  return std::exchange(queue_, {});
}

// Calls do not wait, and who calls hastens the commit: its answer may be what the next batch needs.
bool Lane::gather(Jobs& jobs) {
  const bool batches_only =
      std::all_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.is_batch(); });
  const auto now = CommitPace::Clock::now();
  const auto earliest = pace_.earliest(now);
  std::unique_lock lock(mutex_);
  bool waited = false;
  if (batches_only && earliest > now && jobs.size() < options_.max_batches_per_commit) {
    gathering_ = true;
    waited = !wake_.wait_until(lock, earliest, [this] { return closing_ || queued_calls_ > 0; });
    gathering_ = false;
  }
  queued_calls_ = 0;
  std::move(queue_.begin(), queue_.end(), std::back_inserter(jobs));
  queue_.clear();
  return waited;
}

void Lane::work() {
  pthread_setname_np(pthread_self(), name_.c_str());
  while (true) {
    Jobs jobs = take_all();
    if (jobs.empty()) {
      return;  // closing
    }
    while (!jobs.empty()) {
      const bool waited = gather(jobs);
      run_group(jobs, waited);
    }
  }
}

// Calls run at once, batches gather. Behind a batch of the group a call of the same tenant has to
// wait for the commit, and so has all that follows it of that tenant; other tenants pass by.
void Lane::run_group(Jobs& jobs, bool waited) {
  constexpr std::size_t kMaxPassedBy = 1'000;  // keeps one tenant's long queue from costing n²
  std::vector<Job> group;
  std::unordered_set<std::string> writing;
  std::unordered_set<std::string> waiting;
  std::vector<Job> passed_by;
  while (!jobs.empty() && group.size() < options_.max_batches_per_commit &&
         passed_by.size() < kMaxPassedBy) {
    Job job = std::move(jobs.front());
    jobs.pop_front();
    if (waiting.count(job.tenant) != 0) {
      passed_by.push_back(std::move(job));
      continue;
    }
    if (!job.is_batch() && writing.count(job.tenant) != 0) {
      waiting.insert(job.tenant);
      passed_by.push_back(std::move(job));
      continue;
    }
    if (job.is_batch()) {
      writing.insert(job.tenant);
      group.push_back(std::move(job));
      continue;
    }
    leave_queue({&job, 1});
    if (!job.refused) {
      job.refuse(job.refused);
    } else {
      counters_.calls.fetch_add(1, std::memory_order_relaxed);
      job.call(&module_);
    }
  }
  jobs.insert(jobs.begin(), std::make_move_iterator(passed_by.begin()),
              std::make_move_iterator(passed_by.end()));
  if (!group.empty()) {
    pace_.begin(CommitPace::Clock::now(), group.size(), waited);
    commit(group);
  }
}

// Before the answers: who hears one finds room for the next call.
void Lane::leave_queue(std::span<const Job> jobs) {
  const std::lock_guard lock(mutex_);
  pending_calls_ -= jobs.size();
  for (const Job& job : jobs) {
    pending_bytes_ -= job.bytes;
  }
}

void Lane::commit(std::vector<Job>& group) {
  std::vector<Batch> batches;
  batches.reserve(group.size());
  for (const Job& job : group) {
    batches.push_back({job.tenant, job.ops});
  }
  const auto start = std::chrono::steady_clock::now();
  const std::vector<BatchResult> results = module_.apply_many(batches);
  const auto took = std::chrono::steady_clock::now() - start;

  counters_.commits.fetch_add(1, std::memory_order_relaxed);
  counters_.batches.fetch_add(group.size(), std::memory_order_relaxed);
  if (options_.on_commit) {
    options_.on_commit(took, group.size());
  }
  note_health(results);
  leave_queue(group);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].written(results[i], group[i].ops);
  }
}

// Says once that the medium refuses, and once that it takes writes again.
void Lane::note_health(const std::vector<BatchResult>& results) {
  const Status* failure = nullptr;
  std::uint64_t failed = 0;
  for (const BatchResult& result : results) {
    const Code code = result.status.code();
    if (code != Code::Ok && code != Code::Conflict && code != Code::Invalid) {
      failure = &result.status;
      ++failed;
    }
  }
  counters_.failed.fetch_add(failed, std::memory_order_relaxed);
  if (failure != nullptr && !failing_) {
    log::error("storage.writes_fail",
               {{"storage", module_.info().id}, {"reason", failure->message()}});
  } else if (failure == nullptr && failing_) {
    log::info("storage.writes_recovered", {{"storage", module_.info().id}});
  }
  failing_ = failure != nullptr;
}

}  // namespace waxwing::storage
