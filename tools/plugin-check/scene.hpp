// SPDX-License-Identifier: Apache-2.0
// What most tests of an engine begin with: a host, an empty store, one session.
#pragma once

#include <string>

#include "actor.hpp"
#include "requests.hpp"

namespace waxwing::plugin_check {

struct Scene {
  explicit Scene(const Run& run, std::uint32_t max_events = 1000)
      : lab(run.subject),
        info(lab.engine(run.target)),
        config(run.subject.config.empty() ? config_from_schema(info.config_schema, run.tmp)
                                          : run.subject.config),
        actor(lab, info, store, {"default", config, max_events}) {}

  // Made and started, logged in if the engine does that without a person.
  void bring_up() {
    actor.expect_created();
    actor.bring_up();
  }
  // The orderly end, and nothing to complain about.
  void end() {
    expect_ok(actor.stop().status, "stop failed");
    actor.close();
    expect_clean();
  }
  void expect_clean() {
    lab.expect_good_behaviour();
    expect(actor.complaint().empty(), "the engine reported " + actor.complaint());
  }

  Lab lab;
  const plugin_host::EngineInfo& info;
  std::string config;
  MemoryStore store;
  Actor actor;
};

}  // namespace waxwing::plugin_check
