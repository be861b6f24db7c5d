// SPDX-License-Identifier: Apache-2.0
// Tenants, their caches and the way of answers back to the callers.
#include "storage/store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "storage/backend.hpp"
#include "storage/cache.hpp"

namespace waxwing::storage {

using plugin_host::BatchResult;
using plugin_host::StorageModule;

namespace {

// What tenants share. Handles keep it alive beyond the store.
struct Core {
  Core(std::unique_ptr<StorageModule> module, StoreOptions given)
      : options(std::move(given)),
        backend(std::move(module), options.lanes,
                {options.max_batches_per_commit, options.max_queued_calls, options.max_queued_bytes,
                 options.commits_at_once, options.commit_interval, options.on_commit}) {
    budget.max_bytes = options.cache_bytes_total;
  }

  const StoreOptions options;
  CacheBudget budget;
  std::atomic<std::uint64_t> cache_hits{0};

  std::mutex mutex;  // guards tenants
  std::unordered_map<std::string, std::weak_ptr<TenantState>> tenants;

  Backend backend;  // last: its threads use the rest
};

Status check_space(std::string_view space) {
  constexpr std::size_t kMaxBytes = 128;
  const bool printable =
      std::all_of(space.begin(), space.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (space.empty() || space.size() > kMaxBytes || !printable) {
    return {Code::Invalid, "a space needs a name of 1 to 128 printable ASCII characters"};
  }
  return Status::ok();
}

Status check_ops(const std::vector<WriteOp>& ops, const plugin_host::StorageInfo& info) {
  for (const WriteOp& op : ops) {
    WAX_TRY_VOID(check_space(op.space));
    if (info.max_value_bytes != 0 && op.value.size() > info.max_value_bytes) {
      return {Code::Invalid, "a value of space '" + op.space + "' has " +
                                 std::to_string(op.value.size()) + " octets; storage '" + info.id +
                                 "' takes " + std::to_string(info.max_value_bytes)};
    }
  }
  return Status::ok();
}

// `T` is what the callback takes.
template <class T, class Fn>
void post_answer(const Post& post, Fn done, T answer) {
  post([done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
}

}  // namespace

// One tenant, shared by its handles and by the work that is under way.
//
// The cache shows the state after the last job of the tenant that the lane has finished. A caller
// may read it only while `pending` is 0, for otherwise its answer would overtake others; the lane
// may always, for it does one thing after the other.
struct TenantState {
  TenantState(std::shared_ptr<Core> shared, std::string tenant)
      : core(std::move(shared)), name(std::move(tenant)) {}
  ~TenantState() {
    const std::lock_guard lock(core->mutex);
    // A successor of that name may be there already.
    if (const auto it = core->tenants.find(name);
        it != core->tenants.end() && it->second.expired()) {
      core->tenants.erase(it);
    }
  }
  TenantState(const TenantState&) = delete;
  TenantState& operator=(const TenantState&) = delete;

  // Nothing when a key is not cached.
  std::optional<std::vector<Row>> read_cached(const std::vector<KeyRef>& keys);
  // [lane thread]
  Result<std::vector<Row>> read(StorageModule& module, const std::vector<KeyRef>& keys);
  void written(const BatchResult& result, std::vector<WriteOp>& ops);

  // The last step of a piece of work. First the answer, then `pending`: who sees 0 may answer
  // from the cache without overtaking.
  template <class T, class Fn>
  void finish(const Post& post, Fn done, T answer) {
    post_answer(post, std::move(done), std::move(answer));
    pending.fetch_sub(1, std::memory_order_release);
  }

  RowCache& ready_cache() {
    if (cache == nullptr) {
      cache = std::make_unique<RowCache>(core->options.cache_bytes_per_tenant, core->budget);
    }
    return *cache;
  }
  [[nodiscard]] std::int64_t now_ms() const { return core->options.clock->unix_ms(); }

  const std::shared_ptr<Core> core;
  const std::string name;
  std::atomic<std::uint32_t> pending{0};
  std::mutex mutex;                 // guards cache
  std::unique_ptr<RowCache> cache;  // made when the first row is read
};

std::optional<std::vector<Row>> TenantState::read_cached(const std::vector<KeyRef>& keys) {
  const std::lock_guard lock(mutex);
  if (cache == nullptr) {
    return std::nullopt;
  }
  std::vector<Row> rows;
  for (const KeyRef& key : keys) {
    const RowCache::Found found = cache->find(key.space, key.key, now_ms());
    if (found.known == RowCache::Known::No) {
      return std::nullopt;
    }
    if (found.row != nullptr) {
      rows.push_back(*found.row);
    }
  }
  core->cache_hits.fetch_add(1, std::memory_order_relaxed);
  return rows;
}

Result<std::vector<Row>> TenantState::read(StorageModule& module, const std::vector<KeyRef>& keys) {
  // Earlier work of the lane may have brought the rows since the call was made.
  if (auto rows = read_cached(keys)) {
    return std::move(*rows);
  }
  WAX_TRY(std::vector<Row> found, module.get(name, keys));
  std::map<std::pair<std::string_view, std::string_view>, const Row*> by_key;
  for (const Row& row : found) {
    by_key[{row.space, row.key}] = &row;
  }
  std::vector<Row> rows;
  rows.reserve(found.size());
  const std::lock_guard lock(mutex);
  RowCache& known = ready_cache();
  for (const KeyRef& key : keys) {
    if (const auto it = by_key.find({key.space, key.key}); it != by_key.end()) {
      known.learn(*it->second);
      rows.push_back(*it->second);
    } else {
      known.learn_absent(key.space, key.key);
    }
  }
  return rows;
}

void TenantState::written(const BatchResult& result, std::vector<WriteOp>& ops) {
  const std::lock_guard lock(mutex);
  if (cache == nullptr || result.status.code() == Code::Conflict) {
    return;
  }
  for (WriteOp& op : ops) {
    if (result.status) {
      cache->wrote(op, result.version);
    } else {
      cache->forget(op);  // a module that broke may have left anything
    }
  }
}

// TenantStore ------------------------------------------------------------------------------------

TenantStore::TenantStore(std::shared_ptr<TenantState> state, Post post)
    : state_(std::move(state)), post_(std::move(post)) {}

const std::string& TenantStore::name() const noexcept {
  return state_->name;
}

void TenantStore::get(std::vector<KeyRef> keys, RowsFn done) const {
  Status status;
  for (const KeyRef& key : keys) {
    if (status) {
      status = check_space(key.space);
    }
  }
  if (status && state_->pending.load(std::memory_order_acquire) == 0) {
    if (auto rows = state_->read_cached(keys)) {
      post_answer(post_, std::move(done), Result<std::vector<Row>>(std::move(*rows)));
      return;
    }
  }
  state_->pending.fetch_add(1, std::memory_order_relaxed);
  state_->core->backend.call(
      state_->name, [state = state_, post = post_, keys = std::move(keys), done = std::move(done),
                     status](Result<StorageModule*> module) mutable {
        Result<std::vector<Row>> rows = !status   ? Result<std::vector<Row>>(status)
                                        : !module ? Result<std::vector<Row>>(module.error())
                                                  : state->read(*module.value(), keys);
        state->finish(post, std::move(done), std::move(rows));
      });
}

void TenantStore::scan(Scan scan, RowsFn done) const {
  Status status = check_space(scan.space);
  state_->pending.fetch_add(1, std::memory_order_relaxed);
  state_->core->backend.call(
      state_->name, [state = state_, post = post_, scan = std::move(scan), done = std::move(done),
                     status](Result<StorageModule*> module) mutable {
        Result<std::vector<Row>> rows = !status   ? Result<std::vector<Row>>(status)
                                        : !module ? Result<std::vector<Row>>(module.error())
                                                  : module.value()->scan(state->name, scan);
        state->finish(post, std::move(done), std::move(rows));
      });
}

void TenantStore::commit(std::vector<WriteOp> ops, DoneFn done) const {
  Status status = check_ops(ops, state_->core->backend.info());
  state_->pending.fetch_add(1, std::memory_order_relaxed);
  // Nothing to write, or nothing that may be written, still keeps its place among the answers.
  if (!status || ops.empty()) {
    state_->core->backend.call(state_->name, [state = state_, post = post_, done = std::move(done),
                                              status](Result<StorageModule*> module) mutable {
      state->finish(post, std::move(done),
                    status && !module ? Status(module.error()) : std::move(status));
    });
    return;
  }
  state_->core->backend.write(
      state_->name, std::move(ops),
      [state = state_, post = post_, done = std::move(done)](
          const BatchResult& result, std::vector<WriteOp>& written) mutable {
        state->written(result, written);
        state->finish(post, std::move(done), result.status);
      });
}

void TenantStore::drop(std::string keep, DoneFn done) const {
  state_->pending.fetch_add(1, std::memory_order_relaxed);
  state_->core->backend.call(
      state_->name, [state = state_, post = post_, keep = std::move(keep),
                     done = std::move(done)](Result<StorageModule*> module) mutable {
        Status status = module ? module.value()->drop_tenant(state->name, keep) : module.error();
        if (module) {
          const std::lock_guard lock(state->mutex);
          state->cache.reset();
        }
        state->finish(post, std::move(done), std::move(status));
      });
}

// Store ------------------------------------------------------------------------------------------

struct Store::Impl {
  std::shared_ptr<Core> core;
};

Result<std::shared_ptr<Store>> Store::open(std::unique_ptr<StorageModule> module,
                                           StoreOptions options) {
  if (Status opened = module->open(); !opened) {
    return opened.with("storage '" + module->info().id + "'");
  }
  auto impl = std::make_unique<Impl>();
  impl->core = std::make_shared<Core>(std::move(module), std::move(options));
  return std::shared_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() {
  flush_and_close();
}

TenantStore Store::tenant(std::string_view name, Post post) {
  Core& core = *impl_->core;
  std::shared_ptr<TenantState> state;
  {
    const std::lock_guard lock(core.mutex);
    std::weak_ptr<TenantState>& known = core.tenants[std::string(name)];
    state = known.lock();
    if (state == nullptr) {
      state = std::make_shared<TenantState>(impl_->core, std::string(name));
      known = state;
    }
  }
  return {std::move(state), std::move(post)};
}

void Store::list_tenants(const Post& post, NamesFn done) {
  using Names = Result<std::vector<std::string>>;
  impl_->core->backend.call(
      "", [post, done = std::move(done)](Result<StorageModule*> module) mutable {
        post_answer(post, std::move(done),
                    module ? module.value()->list_tenants() : Names(module.error()));
      });
}

void Store::stats(const Post& post, TextFn done) {
  using Text = Result<std::string>;
  impl_->core->backend.call(
      "", [post, done = std::move(done)](Result<StorageModule*> module) mutable {
        post_answer(post, std::move(done), module ? module.value()->stats() : Text(module.error()));
      });
}

StoreCounters Store::counters() const {
  const Core& core = *impl_->core;
  const BackendCounters& counted = core.backend.counters();
  return {counted.batches, counted.commits, counted.failed,        counted.calls,
          counted.refused, core.cache_hits, core.backend.queued(), core.budget.used_bytes};
}

const plugin_host::StorageInfo& Store::info() const noexcept {
  return impl_->core->backend.info();
}

void Store::flush_and_close() {
  impl_->core->backend.close();
}

}  // namespace waxwing::storage
