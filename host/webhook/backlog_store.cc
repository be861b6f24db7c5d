// SPDX-License-Identifier: Apache-2.0
// The store's side of a backlog: changes gathered into batches, rows read by the page, and the end.
#include <algorithm>
#include <iterator>

#include "base/log.hpp"
#include "webhook/backlog.hpp"
#include "webhook/delivery.hpp"
#include "webhook/long_row.hpp"

namespace waxwing::webhook {
namespace {

// Of one commit; a lane of the store takes much more, but in all.
constexpr std::size_t kWriteBatch = 500;
constexpr std::size_t kWriteBytes = 4 << 20;

// Of one reading, as far as the one before lets it be foreseen.
constexpr std::uint32_t kFirstPageRows = 25;
constexpr std::uint32_t kMostPageRows = 250;
constexpr std::size_t kPageBytes = 4 << 20;

}  // namespace

// Writing ----------------------------------------------------------------------------------------

void Backlog::write(storage::WriteOp op) {
  if (writes_.empty()) {
    delivery_.flush_soon(shared_from_this());
  }
  write_bytes_ += op.size_bytes();
  writes_.push_back(std::move(op));
  if (writes_.size() >= kWriteBatch || write_bytes_ >= kWriteBytes) {
    flush({});
  }
}

void Backlog::write_all(std::vector<storage::WriteOp> ops) {
  for (storage::WriteOp& op : ops) {
    write(std::move(op));
  }
}

void Backlog::erase_pending(const std::string& key, std::size_t bytes) {
  std::vector<storage::WriteOp> ops;
  erase_row(ops, kPendingSpace, key, bytes);
  write_all(std::move(ops));
}

void Backlog::flush(Task done) {
  write_bytes_ = 0;
  if (writes_.empty()) {
    if (done) {
      done();
    }
    return;
  }
  std::vector<storage::WriteOp> batch = std::exchange(writes_, {});
  const auto again = std::make_shared<std::vector<storage::WriteOp>>(batch);
  store_.commit(std::move(batch), [self = shared_from_this(), again,
                                   done = std::move(done)](const Status& status) {
    if (!status.is_ok() && !self->gone_) {
      log::warn("webhook.not_stored", {{"session", self->session_}, {"why", status.message()}});
      // In front of what came since, so that the order of the steps stays.
      self->writes_.insert(self->writes_.begin(), std::make_move_iterator(again->begin()),
                           std::make_move_iterator(again->end()));
      self->delivery_.flush_soon(self);
    }
    if (done) {
      done();
    }
  });
}

// Reading ----------------------------------------------------------------------------------------

void Backlog::read_page(std::string_view space, const std::string& after, std::uint32_t limit,
                        PageFn done) {
  std::uint32_t& foreseen = page_rows_.try_emplace(space, kFirstPageRows).first->second;
  storage::Scan scan;
  scan.space = space;
  scan.after = after;
  scan.limit = limit != 0 ? limit : foreseen;
  store_.scan(std::move(scan), [self = shared_from_this(), space, limit, &foreseen,
                                done = std::move(done)](Result<Rows> rows) mutable {
    if (!rows.has_value()) {
      done(std::move(rows));
      return;
    }
    // Rows of one session are of a kind: behind a page of long ones comes a short one.
    std::size_t bytes = 0;
    for (const storage::Row& row : *rows) {
      bytes += row.value.size() + pieces_of(row.value).value_or(0) * kPieceBytes;
    }
    if (!rows->empty()) {
      const std::size_t each = std::max<std::size_t>(bytes / rows->size(), 1);
      foreseen = static_cast<std::uint32_t>(
          std::clamp<std::size_t>(kPageBytes / each, 1, std::size_t{kMostPageRows}));
    }
    self->join_pieces(space, std::move(*rows), limit != 0 ? SIZE_MAX : kPageBytes, std::move(done));
  });
}

// Of the first row that lies in pieces yet, then of the next, while there is room. A row of which
// pieces are missing becomes an empty one, which is damaged like others may be.
void Backlog::join_pieces(std::string_view space, Rows rows, std::size_t room, PageFn done) {
  const auto cut = std::find_if(rows.begin(), rows.end(), [](const storage::Row& row) {
    return pieces_of(row.value).has_value();
  });
  if (cut == rows.end()) {
    done(std::move(rows));
    return;
  }
  const auto at = static_cast<std::size_t>(cut - rows.begin());
  if (room == 0 && at > 0) {
    rows.resize(at);
    done(std::move(rows));
    return;
  }
  storage::Scan scan;
  scan.space = parts_space(space);
  scan.prefix = cut->key;
  scan.limit = std::max(*pieces_of(cut->value), 1U);
  store_.scan(std::move(scan), [self = shared_from_this(), space, rows = std::move(rows), at, room,
                                done = std::move(done)](Result<Rows> pieces) mutable {
    if (!pieces.has_value()) {
      done(std::move(pieces));
      return;
    }
    std::string& value = rows[at].value;
    const bool whole = pieces->size() == *pieces_of(value);
    value.clear();
    for (const storage::Row& piece : *pieces) {
      value += whole ? piece.value : "";
    }
    self->join_pieces(space, std::move(rows), room - std::min(room, value.size()), std::move(done));
  });
}

// The end ----------------------------------------------------------------------------------------

void Backlog::close(Millis limit) {
  closing_ = true;
  delivery_.loop().start_timer(limit, [self = shared_from_this()] { self->erase_everything(); });
  check_closed();
}

void Backlog::check_closed() {
  if (!closing_ || gone_ || loading_) {
    return;
  }
  const bool empty = std::all_of(queues_.begin(), queues_.end(),
                                 [](const auto& entry) { return entry.second.empty(); });
  if (empty) {
    erase_everything();
  }
}

void Backlog::erase_everything() {
  if (gone_) {
    return;
  }
  abandon();
  std::vector<storage::WriteOp> ops;
  for (const std::string& space :
       {std::string(kPendingSpace), parts_space(kPendingSpace), std::string(kStateSpace),
        std::string(kDeadSpace), parts_space(kDeadSpace)}) {
    ops.push_back(storage::WriteOp::erase_prefix(space, ""));
  }
  store_.commit(std::move(ops), [self = shared_from_this()](const Status& status) {
    if (!status.is_ok()) {
      log::warn("webhook.rows_left", {{"session", self->session_}, {"why", status.message()}});
    }
  });
}

void Backlog::abandon() {
  gone_ = true;
  delivery_.loop().cancel_timer(std::exchange(age_timer_, 0));
  for (auto& [slot, queue] : queues_) {
    queue.for_each_chain([&](const std::string&, Queue::Chain& chain) {
      if (chain.phase == Queue::Phase::Waiting) {
        delivery_.loop().cancel_timer(chain.timer);
      }
    });
    delivery_.counters().pending.fetch_sub(static_cast<std::int64_t>(queue.counted),
                                           std::memory_order_relaxed);
  }
  queues_.clear();
  writes_.clear();
  arrivals_.clear();
}

}  // namespace waxwing::webhook
