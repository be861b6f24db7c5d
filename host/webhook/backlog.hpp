// SPDX-License-Identifier: Apache-2.0
// What waits for the webhooks of one session: in the store, and the beginning of it in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_function.hpp"
#include "runtime/loop.hpp"
#include "storage/store.hpp"
#include "webhook/queue.hpp"
#include "webhook/row.hpp"
#include "webhook/target.hpp"

namespace waxwing::webhook {

class Delivery;

// Made for every session, small until something waits. Everything [egress loop].
class Backlog : public std::enable_shared_from_this<Backlog> {
 public:
  // `delivery` outlives it; `store` answers on the egress loop.
  Backlog(Delivery& delivery, std::string session, storage::TenantStore store);
  ~Backlog();
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // The first call begins to read what an earlier run left; what comes meanwhile waits behind it.
  void configure(Targets targets);
  struct Arrival {
    RowKey key;
    event::EventPtr event;
    std::vector<Slot> slots;    // that want it
    std::int64_t since_ms = 0;  // unix time
    bool stored = true;         // its row is durable; false = it has none
  };
  // Keys grow from call to call.
  void accept(Arrival arrival);
  // Goes on until nothing waits or `limit` has passed, then erases the rows.
  void close(Millis limit);
  // Forgets everything and leaves the rows as they are.
  void abandon();
  // Stores what changed; `done` when that is durable or failed.
  void flush(Task done);

  // The API's view: a JSON array with an object per webhook. Comes when all rows are known.
  void report(UniqueFunction<void(std::string)> done);
  struct Dead {
    std::string key;  // of its row
    Slot slot = 0;
    DeadLetter letter;
    Row row;
  };
  using DeadFn = UniqueFunction<void(Result<std::vector<Dead>>)>;
  // Dead letters in the order of their events, those behind the key `after`; fewer than `limit`
  // only at the end. With 0 as many as memory is for, none only at the end.
  void read_dead(const std::string& after, std::uint32_t limit, DeadFn done);

  // What Delivery asks and tells.
  [[nodiscard]] const std::string& session() const noexcept { return session_; }
  [[nodiscard]] TargetPtr target(Slot slot) const;
  // The chain's first item, which goes out now; null when there is none any more.
  [[nodiscard]] const Item* begin_sending(Slot slot, const std::string& order_key);
  // It turned out that it cannot go out now.
  void list_chain(Slot slot, const std::string& order_key);
  void delivered(Slot slot, const std::string& order_key);
  void failed(Slot slot, const std::string& order_key, std::string error,
              std::optional<Millis> retry_after);

 private:
  // Reading (backlog_rows.cc; pages and writing: backlog_store.cc)
  void open();
  void read_progress_from(const std::string& after);
  void read_rows_from(const std::string& after);
  void take_row(const storage::Row& stored);
  [[nodiscard]] std::optional<Item> item_for(Slot slot, const RowKey& key, const Row& row) const;
  void loaded();
  using Rows = std::vector<storage::Row>;
  using PageFn = UniqueFunction<void(Result<Rows>)>;
  // The rows behind `after`, whole ones; `limit` 0 = some, none only at the end. `space` is a
  // constant.
  void read_page(std::string_view space, const std::string& after, std::uint32_t limit,
                 PageFn done);
  void join_pieces(std::string_view space, Rows rows, std::size_t room, PageFn done);
  void load_tail(Slot slot);
  void take_tail(Slot slot, const std::vector<storage::Row>& rows, std::uint64_t generation);
  void trim_dead();

  // Waiting and giving up (backlog_limits.cc)
  [[nodiscard]] Queue& queue(Slot slot);
  void enqueue(Slot slot, Item item);
  void end_item(Slot slot, const std::string& order_key);
  void settle_row(Slot slot, const Item& item);
  void bury(Slot slot, const Item& item, const std::string& error);
  void drop(Slot slot, Queue& queue, const Item& item);
  void enforce_limits(Slot slot, Queue& queue);
  // Unix time; what waits since before that has waited too long.
  [[nodiscard]] std::int64_t oldest_allowed_ms() const;
  void watch_age();
  void drop_old();
  void wait(Slot slot, const std::string& order_key, Queue::Chain& chain, Millis delay);
  void after_change(Slot slot);
  void write(storage::WriteOp op);
  void write_all(std::vector<storage::WriteOp> ops);
  void erase_pending(const std::string& key, std::size_t bytes);
  [[nodiscard]] std::string write_report() const;
  void check_closed();
  void erase_everything();

  Delivery& delivery_;
  const std::string session_;
  const storage::TenantStore store_;
  Targets targets_;
  bool opened_ = false;
  bool loading_ = true;
  bool closing_ = false;
  bool gone_ = false;
  std::map<Slot, Queue> queues_;
  std::set<Slot> reading_tail_;
  std::vector<Arrival> arrivals_;                         // while loading
  std::vector<Task> questions_;                           // likewise
  std::map<std::pair<RowKey, Slot>, Progress> progress_;  // of an earlier run, until it is used
  std::set<std::pair<RowKey, Slot>> done_;                // of rows that wait for another slot yet
  std::vector<storage::WriteOp> writes_;                  // to be stored soon
  std::size_t write_bytes_ = 0;                           // of these, those since the last flush
  std::map<std::string_view, std::uint32_t> page_rows_;   // of the next reading, by space
  std::map<Slot, std::uint64_t> dropped_;                 // not told yet
  runtime::Loop::TimerId age_timer_ = 0;                  // for the oldest that waits
  std::uint32_t buried_ = 0;                              // since dead letters were trimmed
};

}  // namespace waxwing::webhook
