// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms with one registry and the Prometheus text format.
//
// The class that owns a number asks for its handle once, at start, and keeps it: record calls are
// lock-free. What is counted per session is not kept here but read by a collector at scrape time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace waxwing {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  // Handles live as long as the registry. [any-thread]
  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void add(double by = 1) noexcept = 0;
  };
  class Gauge {
   public:
    virtual ~Gauge() = default;
    virtual void set(double value) noexcept = 0;
    virtual void add(double by) noexcept = 0;
  };
  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void observe(double value) noexcept = 0;
  };

  // One value of a family made at scrape time.
  struct Sample {
    Labels labels;
    double value = 0;
  };
  struct Family {
    std::string name;
    std::string help;
    bool is_counter = false;  // else a gauge
    std::vector<Sample> samples;
  };
  // Runs in text(). [any-thread]
  using Collector = std::function<void(std::vector<Family>&)>;

  // `prefix` stands before every name ("waha_"); `common` labels stand on every series.
  Metrics(std::string prefix, Labels common);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same handle. [any-thread]
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       const std::vector<double>& buckets, const Labels& labels = {});
  void add_collector(Collector collector);

  // Prometheus text format 0.0.4, with the metrics of the process itself. [any-thread]
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waxwing
