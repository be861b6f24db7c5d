// SPDX-License-Identifier: Apache-2.0
// The metrics registry on top of prometheus-cpp; the only file that includes it.
#include "base/metrics.hpp"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sstream>
#include <sys/resource.h>
#include <utility>

namespace waxwing {
namespace {

class CounterHandle final : public Metrics::Counter {
 public:
  explicit CounterHandle(prometheus::Counter& counter) : counter_(counter) {}
  void add(double by) noexcept override { counter_.Increment(by); }

 private:
  prometheus::Counter& counter_;
};

class GaugeHandle final : public Metrics::Gauge {
 public:
  explicit GaugeHandle(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) noexcept override { gauge_.Set(value); }
  void add(double by) noexcept override { gauge_.Increment(by); }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramHandle final : public Metrics::Histogram {
 public:
  explicit HistogramHandle(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) noexcept override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

double open_descriptors() {
  double count = 0;
  if (DIR* dir = ::opendir("/proc/self/fd")) {
    while (::readdir(dir) != nullptr) {
      ++count;
    }
    ::closedir(dir);
    count -= 3;  // ".", ".." and the directory itself
  }
  return count;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

struct Metrics::Impl {
  // (kind, name, labels) -> handle, so that asking twice gives one series.
  using Key = std::pair<std::string, Labels>;

  std::string prefix;
  Labels common;
  prometheus::Registry registry;
  mutable std::mutex mutex;  // guards the maps and collectors
  std::map<Key, std::unique_ptr<Counter>> counters;
  std::map<Key, std::unique_ptr<Gauge>> gauges;
  std::map<Key, std::unique_ptr<Histogram>> histograms;
  std::vector<Collector> collectors;
};

Metrics::Metrics(std::string prefix, Labels common) : impl_(std::make_unique<Impl>()) {
  impl_->prefix = std::move(prefix);
  impl_->common = std::move(common);
}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                   const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& handle = impl_->counters[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildCounter()
                       .Name(impl_->prefix + name)
                       .Help(help)
                       .Labels(impl_->common)
                       .Register(impl_->registry);
    handle = std::make_unique<CounterHandle>(family.Add(labels));
  }
  return *handle;
}

Metrics::Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                               const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& handle = impl_->gauges[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildGauge()
                       .Name(impl_->prefix + name)
                       .Help(help)
                       .Labels(impl_->common)
                       .Register(impl_->registry);
    handle = std::make_unique<GaugeHandle>(family.Add(labels));
  }
  return *handle;
}

Metrics::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                       const std::vector<double>& buckets, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& handle = impl_->histograms[{name, labels}];
  if (!handle) {
    auto& family = prometheus::BuildHistogram()
                       .Name(impl_->prefix + name)
                       .Help(help)
                       .Labels(impl_->common)
                       .Register(impl_->registry);
    handle = std::make_unique<HistogramHandle>(family.Add(labels, buckets));
  }
  return *handle;
}

void Metrics::add_collector(Collector collector) {
  const std::lock_guard lock(impl_->mutex);
  impl_->collectors.push_back(std::move(collector));
}

std::string Metrics::text() const {
  std::vector<Collector> collectors;
  {
    const std::lock_guard lock(impl_->mutex);
    collectors = impl_->collectors;
  }
  std::vector<Family> made;
  for (const Collector& collect : collectors) {
    collect(made);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  made.push_back({"process_cpu_seconds_total",
                  "User and system CPU time spent, in seconds.",
                  true,
                  {{{}, seconds(usage.ru_utime) + seconds(usage.ru_stime)}}});
  made.push_back({"process_resident_memory_bytes",
                  "Resident memory, in bytes.",
                  false,
                  {{{}, resident_bytes()}}});
  made.push_back({"process_open_fds", "Open file descriptors.", false, {{{}, open_descriptors()}}});

  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (const Family& source : made) {
    prometheus::MetricFamily family;
    family.name = impl_->prefix + source.name;
    family.help = source.help;
    family.type =
        source.is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    for (const Sample& sample : source.samples) {
      prometheus::ClientMetric metric;
      for (const Labels* labels : {&std::as_const(impl_->common), &sample.labels}) {
        for (const auto& [name, value] : *labels) {
          metric.label.push_back({name, value});
        }
      }
      (source.is_counter ? metric.counter.value : metric.gauge.value) = sample.value;
      family.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace waxwing
