// SPDX-License-Identifier: Apache-2.0
// A session's operations: one at a time, in the order they were asked for.
#include "base/log.hpp"
#include "config/config.hpp"
#include "session/config_secrets.hpp"
#include "session/session.hpp"

namespace waxwing::session {
namespace {

using plugin_host::WriteOp;

constexpr std::size_t kMaxOperations = 64;  // waiting on one session

}  // namespace

// The queue ---------------------------------------------------------------------------------------

void Session::enqueue(Operation operation, Done done) {
  loop_.post([self = shared_from_this(), operation = std::move(operation),
              done = std::move(done)]() mutable {
    if (self->removed_) {
      done(Status(Code::NotFound, "Session not found"));
    } else if (self->operations_.size() >= kMaxOperations) {
      Status busy(Code::RateLimited, "Too many operations on this session are waiting");
      busy.retry_after(1000);
      done(std::move(busy));
    } else {
      self->operations_.emplace_back(std::move(operation), std::move(done));
      self->run_next();
    }
  });
}

void Session::run_next() {
  while (!operating_ && !operations_.empty()) {
    auto [operation, done] = std::move(operations_.front());
    operations_.pop_front();
    if (removed_) {
      done(Status(Code::NotFound, "Session not found"));
      continue;
    }
    operating_ = true;
    operation([self = shared_from_this(), done = std::move(done)](Status status) mutable {
      done(std::move(status));
      self->operating_ = false;
      // From the queue, so that operations that end at once do not nest.
      self->loop_.post([self] { self->run_next(); });
    });
  }
}

void Session::create(bool start, Done done) {
  enqueue(
      [this, start](Done finish) {
        if (start && !(counted_ = env_.engine_starts(record_.engine))) {
          removed_ = true;
          finish(Status(Code::Unavailable,
                        "The " + record_.engine + " engine runs its most sessions already"));
          return;
        }
        record_.running = start;
        if (start) {
          record_.worker = env_.config.lifecycle.worker_id;
        }
        show();
        save([this, start, finish = std::move(finish)](Status status) {
          if (!status.is_ok()) {
            removed_ = true;
            engine_ended();
          } else if (start) {
            launch();
          }
          finish(std::move(status));
        });
      },
      std::move(done));
}

void Session::start(Done done) {
  enqueue([this](Done finish) { do_start(std::move(finish)); }, std::move(done));
}

void Session::want(Done done) {
  enqueue(
      [this](Done finish) {
        if (wanted_here()) {
          finish(Status::ok());
          return;
        }
        record_.running = true;
        record_.worker = env_.config.lifecycle.worker_id;
        show();
        save(std::move(finish));
      },
      std::move(done));
}

void Session::start_if_wanted(Done done) {
  enqueue(
      [this](Done finish) {
        if (wanted_here()) {
          do_start(std::move(finish));
        } else {
          finish(Status::ok());
        }
      },
      std::move(done));
}

void Session::stop(Done done) {
  enqueue([this](Done finish) { do_stop(std::move(finish)); }, std::move(done));
}

void Session::restart(Done done) {
  enqueue(
      [this](Done finish) {
        end_engine(Farewell::Stop, [this, finish = std::move(finish)]() mutable {
          if (state_ != State::Stopped) {
            set_state(State::Stopped, std::nullopt, "");
          }
          do_start(std::move(finish));
        });
      },
      std::move(done));
}

void Session::logout(Done done) {
  enqueue([this](Done finish) { do_logout(std::move(finish)); }, std::move(done));
}

void Session::update(std::string config_json, Selection selection, Done done) {
  enqueue(
      [this, config_json = std::move(config_json),
       selection = std::move(selection)](Done finish) mutable {
        const bool ran = state_ != State::Stopped;
        end_engine(Farewell::Stop, [this, ran, config_json = std::move(config_json),
                                    selection = std::move(selection),
                                    finish = std::move(finish)]() mutable {
          if (ran) {
            set_state(State::Stopped, std::nullopt, "");
          }
          const Record before = record_;
          const bool other_engine = record_.engine != selection.engine;
          record_.config_json = unmasked(std::move(config_json), record_.config_json);
          record_.engine = selection.engine;
          record_.proxy = selection.proxy;
          read_config();
          if (other_engine) {
            record_.me.reset();
            record_.storage_version = 0;
          }
          auto finished = [this, ran, before, finish = std::move(finish)](Status status) mutable {
            if (!status.is_ok()) {
              record_ = before;
              read_config();
            }
            show();
            if (ran) {
              launch();
            }
            finish(std::move(status));
          };
          if (!other_engine) {
            save(std::move(finished));
            return;
          }
          // Another engine cannot read these credentials, and must not.
          wipe([this, finished = std::move(finished)](Status status) mutable {
            if (status.is_ok()) {
              save(std::move(finished));
            } else {
              finished(std::move(status));
            }
          });
        });
      },
      std::move(done));
}

void Session::remove(Done done) {
  enqueue([this](Done finish) { do_remove(std::move(finish)); }, std::move(done));
}

void Session::suspend(Done done) {
  enqueue(
      [this](Done finish) {
        end_engine(Farewell::Stop, [this, finish = std::move(finish)] {
          if (state_ != State::Stopped) {
            set_state(State::Stopped, std::nullopt, "");
          }
          finish(Status::ok());
        });
      },
      std::move(done));
}

// The operations ----------------------------------------------------------------------------------

bool Session::wanted_here() const {
  return record_.running && record_.worker == env_.config.lifecycle.worker_id;
}

void Session::do_start(Done done) {
  const bool runs = state_ != State::Stopped && state_ != State::Failed;
  if (!runs && !counted_ && !(counted_ = env_.engine_starts(record_.engine))) {
    done(Status(Code::Unavailable,
                "The " + record_.engine + " engine runs its most sessions already"));
    return;
  }
  auto go = [this, runs, done = std::move(done)](Status status) mutable {
    if (!status.is_ok() || runs) {
      if (!runs && !engine_) {
        engine_ended();
      }
      done(std::move(status));
      return;
    }
    // A FAILED session's old engine may still be on its way out.
    end_engine(Farewell::Stop, [this, done = std::move(done)] {
      launch();
      done(Status::ok());
    });
  };
  if (wanted_here()) {
    go(Status::ok());
    return;
  }
  const Record before = record_;
  record_.running = true;
  record_.worker = env_.config.lifecycle.worker_id;
  show();
  save([this, before, go = std::move(go)](Status status) mutable {
    if (!status.is_ok()) {
      record_.running = before.running;
      record_.worker = before.worker;
      show();
    }
    go(std::move(status));
  });
}

void Session::do_stop(Done done) {
  end_engine(Farewell::Stop, [this, done = std::move(done)]() mutable {
    const bool changed = record_.running || record_.worker.has_value();
    record_.running = false;
    record_.worker.reset();
    if (state_ != State::Stopped) {
      set_state(State::Stopped, std::nullopt, "");
    } else {
      show();
    }
    if (changed) {
      save(std::move(done));
    } else {
      done(Status::ok());
    }
  });
}

void Session::do_logout(Done done) {
  const bool ran = state_ != State::Stopped;
  end_engine(Farewell::Logout, [this, ran, done = std::move(done)]() mutable {
    if (ran) {
      set_state(State::Stopped, std::nullopt, "");
    }
    wipe([this, ran, done = std::move(done)](Status status) mutable {
      if (!status.is_ok()) {
        done(std::move(status));
        return;
      }
      record_.me.reset();
      record_.storage_version = 0;
      show();
      save([this, ran, done = std::move(done)](Status saved) {
        if (ran) {
          launch();
        }
        done(std::move(saved));
      });
    });
  });
}

void Session::do_remove(Done done) {
  end_engine(Farewell::Logout, [this, done = std::move(done)]() mutable {
    if (state_ != State::Stopped) {
      set_state(State::Stopped, std::nullopt, "");
    }
    // The record first: what is left of a session without one is swept up at the next boot.
    records_.commit(
        {WriteOp::erase(std::string(kRecordSpace), name_)},
        [self = shared_from_this(), done = std::move(done)](Status status) mutable {
          if (!status.is_ok()) {
            done(std::move(status));
            return;
          }
          self->removed_ = true;
          self->wake_waiters();
          self->wipe([self, done = std::move(done)](const Status& wiped) {
            if (!wiped.is_ok()) {
              log::warn("session.data_left", {{"session", self->name_}, {"why", wiped.message()}});
            }
            self->outbox_->close();
            done(Status::ok());
          });
        });
  });
}

void Session::save(Done done) {
  records_.commit(
      {WriteOp::put(std::string(kRecordSpace), name_, record_.to_json())},
      [self = shared_from_this(), done = std::move(done)](Status status) {
        done(status.is_ok() ? Status::ok() : status.with("the session could not be stored"));
      });
}

void Session::wipe(Done done) {
  store_.drop(std::string(event::kOutboxSpaces), [self = shared_from_this(),
                                                  done = std::move(done)](Status status) mutable {
    if (!status.is_ok()) {
      done(status.with("the session's data could not be erased"));
    } else if (!self->env_.erase_files) {
      done(Status::ok());
    } else {
      self->env_.erase_files(self->name_, [self, done = std::move(done)](Status erased) mutable {
        self->loop_.post([self, done = std::move(done), erased = std::move(erased)]() mutable {
          done(erased.is_ok() ? Status::ok()
                              : erased.with("the session's files could not be erased"));
        });
      });
    }
  });
}

}  // namespace waxwing::session
