// SPDX-License-Identifier: Apache-2.0
// One lane of a backend: a thread with a bounded queue that merges batches into commits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "storage/backend.hpp"
#include "storage/commit_pace.hpp"

namespace waxwing::storage {

class Lane {
 public:
  // All outlive the lane.
  Lane(std::string name, plugin_host::StorageModule& module, const LaneOptions& options,
       BackendCounters& counters);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // A full lane keeps the job's place but refuses it there; a closed one refuses it at once.
  // [any-thread]
  void push(Job job);
  [[nodiscard]] std::size_t queued() const;
  // Lets the queue run empty and ends the thread. [main-thread]
  void close();

 private:
  using Jobs = std::deque<Job>;

  void work();
  Jobs take_all();
  // Adds what comes until the next commit may begin. True when it waited for that.
  bool gather(Jobs& jobs);
  // Does as much of `jobs` as one commit allows and leaves the rest, in order.
  void run_group(Jobs& jobs, bool waited);
  void leave_queue(std::span<const Job> jobs);
  void commit(std::vector<Job>& group);
  void note_health(const std::vector<plugin_host::BatchResult>& results);

  bool failing_ = false;  // the last commit did [lane thread]
  CommitPace pace_;       // [lane thread]

  const std::string name_;
  plugin_host::StorageModule& module_;
  const LaneOptions& options_;
  BackendCounters& counters_;

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_;
  Jobs queue_;
  bool gathering_ = false;         // batches need not wake the thread
  std::size_t queued_calls_ = 0;   // what is in queue_ and is no batch
  std::size_t pending_calls_ = 0;  // queued, or taken and not answered
  std::size_t pending_bytes_ = 0;
  bool closing_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace waxwing::storage
