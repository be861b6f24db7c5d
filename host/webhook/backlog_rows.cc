// SPDX-License-Identifier: Apache-2.0
// Reading rows: at the start, when the window has room again, and of dead letters.
#include <algorithm>

#include "base/log.hpp"
#include "webhook/backlog.hpp"
#include "webhook/delivery.hpp"
#include "webhook/long_row.hpp"

namespace waxwing::webhook {
namespace {

storage::Scan keys_of(std::string_view space, std::uint32_t limit) {
  storage::Scan scan;
  scan.space = space;
  scan.limit = limit;
  scan.keys_only = true;
  return scan;
}

}  // namespace

// What an earlier run left
// ---------------------------------------------------------------------------

void Backlog::open() {
  store_.scan(keys_of(kPendingSpace, 1), [self = shared_from_this()](const auto& rows) {
    if (!rows.has_value()) {
      log::error("webhook.not_read",
                 {{"session", self->session_}, {"why", rows.error().message()}});
    }
    if (!rows.has_value() || rows->empty()) {
      self->loaded();
    } else {
      self->read_progress_from("");
    }
  });
}

void Backlog::read_progress_from(const std::string& after) {
  read_page(kStateSpace, after, 0, [self = shared_from_this()](const auto& rows) {
    if (self->gone_) {
      return;
    }
    if (!rows.has_value() || rows->empty()) {
      self->read_rows_from("");
      return;
    }
    for (const storage::Row& row : *rows) {
      RowKey key;
      Slot slot = 0;
      if (!read_key(row.key, key, &slot)) {
        continue;
      }
      const Progress progress = read_progress(row.value);
      if (progress.done) {
        self->done_.emplace(key, slot);
      } else {
        self->progress_[{key, slot}] = progress;
      }
    }
    self->read_progress_from(rows->back().key);
  });
}

void Backlog::read_rows_from(const std::string& after) {
  read_page(kPendingSpace, after, 0, [self = shared_from_this()](const auto& rows) {
    if (self->gone_) {
      return;
    }
    if (!rows.has_value()) {
      log::error("webhook.not_read",
                 {{"session", self->session_}, {"why", rows.error().message()}});
      self->loaded();
      return;
    }
    for (const storage::Row& row : *rows) {
      self->take_row(row);
    }
    if (rows->empty()) {
      self->loaded();
    } else {
      self->read_rows_from(rows->back().key);
    }
  });
}

// Nothing when the row is none of the slot's or its share of it is done.
std::optional<Item> Backlog::item_for(Slot slot, const RowKey& key, const Row& row) const {
  const bool wanted = std::find(row.slots.begin(), row.slots.end(), slot) != row.slots.end();
  if (!wanted || done_.contains({key, slot})) {
    return std::nullopt;
  }
  Item item;
  item.key = key;
  item.event = row.event;
  item.since_ms = row.since_ms;
  if (row.slots.size() > 1) {
    item.slots = row.slots;
  }
  if (const auto it = progress_.find({key, slot}); it != progress_.end()) {
    item.attempts = it->second.attempts;
    item.not_before_ms = it->second.not_before_ms;
  }
  return item;
}

void Backlog::take_row(const storage::Row& stored) {
  RowKey key;
  const auto row = read_row(stored.value);
  if (!read_key(stored.key, key) || !row.has_value()) {
    log::error("webhook.row_damaged", {{"session", session_}});
    erase_pending(stored.key, kUnknownBytes);
    return;
  }
  bool waits = false;
  for (const Slot slot : row->slots) {
    if (auto item = item_for(slot, key, *row)) {
      waits = true;
      enqueue(slot, std::move(*item));
    }
  }
  if (!waits) {
    erase_pending(stored.key, stored.value.size());
    write(storage::WriteOp::erase_prefix(std::string(kStateSpace), stored.key));
  }
}

void Backlog::loaded() {
  loading_ = false;
  for (Arrival& arrival : std::exchange(arrivals_, {})) {
    accept(std::move(arrival));
  }
  for (const Task& question : std::exchange(questions_, {})) {
    question();
  }
  std::vector<Slot> slots;
  for (const auto& [slot, queue] : queues_) {
    slots.push_back(slot);
  }
  for (const Slot slot : slots) {
    after_change(slot);
  }
  check_closed();
}

// The tail
// -------------------------------------------------------------------------------------------

void Backlog::load_tail(Slot slot) {
  if (gone_ || loading_ || !reading_tail_.insert(slot).second) {
    return;
  }
  const Queue& from = queue(slot);
  read_page(
      kPendingSpace, from.window_end().octets(), 0,
      [self = shared_from_this(), slot, generation = from.tail_generation()](const auto& rows) {
        self->reading_tail_.erase(slot);
        if (self->gone_) {
          return;
        }
        if (!rows.has_value()) {
          log::warn("webhook.not_read",
                    {{"session", self->session_}, {"why", rows.error().message()}});
          self->delivery_.loop().start_timer(Millis(1000), [weak = self->weak_from_this(), slot] {
            if (const auto alive = weak.lock()) {
              alive->after_change(slot);
            }
          });
          return;
        }
        self->take_tail(slot, *rows, generation);
      });
}

void Backlog::take_tail(Slot slot, const std::vector<storage::Row>& rows,
                        std::uint64_t generation) {
  Queue& to = queue(slot);
  std::vector<std::string> touched;
  for (const storage::Row& stored : rows) {
    RowKey key;
    const auto row = read_row(stored.value);
    if (!read_key(stored.key, key)) {
      continue;
    }
    auto item = row.has_value() ? item_for(slot, key, *row) : std::nullopt;
    if (item.has_value()) {
      touched.push_back(item->event->order_key);
      to.push_from_tail(std::move(*item));
    } else {
      to.skip(key);
    }
  }
  if (rows.empty() && generation == to.tail_generation()) {
    to.end_tail();
  }
  for (const std::string& order_key : touched) {
    list_chain(slot, order_key);
  }
  after_change(slot);
}

// Dead letters
// ---------------------------------------------------------------------------------------

void Backlog::trim_dead() {
  constexpr std::uint32_t kMostTooMany = 500;  // at once
  const auto limit = static_cast<std::uint32_t>(delivery_.settings().dead_letters + kMostTooMany);
  store_.scan(keys_of(kDeadSpace, limit), [self = shared_from_this()](const auto& rows) {
    const std::size_t most = self->delivery_.settings().dead_letters;
    if (self->gone_ || !rows.has_value() || rows->size() <= most) {
      return;
    }
    std::vector<storage::WriteOp> ops;
    for (std::size_t i = 0; i < rows->size() - most; ++i) {
      erase_row(ops, kDeadSpace, (*rows)[i].key, kUnknownBytes);
    }
    self->write_all(std::move(ops));
  });
}

void Backlog::read_dead(const std::string& after, std::uint32_t limit, DeadFn done) {
  // What is about to be stored belongs to it.
  flush([self = shared_from_this(), after, limit, done = std::move(done)]() mutable {
    self->read_page(kDeadSpace, after, limit, [done = std::move(done)](const auto& rows) mutable {
      if (!rows.has_value()) {
        done(rows.error());
        return;
      }
      std::vector<Dead> letters;
      for (const storage::Row& stored : *rows) {
        Dead dead;
        dead.key = stored.key;
        auto letter = webhook::read_dead(stored.value);
        auto row = letter.has_value() ? read_row(letter->row) : Result<Row>(letter.error());
        if (RowKey key; read_key(stored.key, key, &dead.slot) && row.has_value()) {
          dead.letter = std::move(*letter);
          dead.row = std::move(*row);
        }
        letters.push_back(std::move(dead));  // one that is damaged has no event
      }
      done(std::move(letters));
    });
  });
}

}  // namespace waxwing::webhook
