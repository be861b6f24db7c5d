// SPDX-License-Identifier: Apache-2.0
// The pages for people: the dashboard, the API page and the OpenAPI document that it shows.
#include <string>
#include <string_view>
#include <utility>

#include "api/openapi.hpp"
#include "api/route.hpp"
#include "api/yaml.hpp"
#include "base/build_info.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "pages/asset.hpp"

namespace waxwing::api {
namespace {

// For a person who looks for a page in a program that was built with WAXWING_DASHBOARD=OFF.
constexpr std::string_view kNoPages =
    "This server was built without the dashboard and the API page.\n"
    "It serves the API all the same; the OpenAPI document is at /-json and /-yaml.\n";

void send_asset(Call&& call, const std::string& name, pages::Reach reach) {
  if (pages::assets().empty()) {
    call.send(http::Response::of_type(404, "text/plain; charset=utf-8", std::string(kNoPages)));
    return;
  }
  const pages::Asset* asset = pages::find_asset(name);
  if (asset == nullptr) {
    call.send(http::error_response(404, "There is no such file"));
    return;
  }
  call.send(pages::asset_response(call.request, *asset, reach));
}

// Every view of the dashboard is the same file; its script looks at the path.
void dashboard(const Context&, Call&& call) {
  send_asset(std::move(call), "dashboard/index.html", pages::Reach::Any);
}

void dashboard_file(const Context&, Call&& call) {
  const std::string name = "dashboard/assets/" + std::string(call.request.param("file"));
  send_asset(std::move(call), name, pages::Reach::Any);
}

// What the dashboard knows before it has a key.
void dashboard_settings(const Context& context, Call&& call) {
  Json links = Json::array();
  for (const config::Link& link : context.config.dashboard.links) {
    links.push_back({{"title", link.title}, {"url", link.url}});
  }
  const Json body = {{"version", kVersion},
                     {"apiPage", context.config.swagger.enabled},
                     {"links", std::move(links)}};
  call.send(http::Response::json(200, json::dump(body)).header("Cache-Control", "no-store"));
}

void api_page(const Context&, Call&& call) {
  send_asset(std::move(call), "api-page/index.html", pages::Reach::Own);
}

void api_page_file(const Context&, Call&& call) {
  const std::string name = "api-page/" + std::string(call.request.param("file"));
  send_asset(std::move(call), name, pages::Reach::Own);
}

void document(const Context& context, Call&& call) {
  call.send(http::Response::json(200, json::dump(openapi_document(context))));
}

void yaml_document(const Context& context, Call&& call) {
  call.send(http::Response::of_type(200, "application/yaml; charset=utf-8",
                                    to_yaml(openapi_document(context))));
}

}  // namespace

void add_page_rows(std::vector<Row>& rows, const config::Config& config) {
  const auto add = [&](std::string_view pattern, Handler handler, std::string_view summary) {
    add_row(rows, "", "GET", pattern, Access::Page, handler, summary);
  };
  if (config.dashboard.enabled) {
    add(kDashboardPath, dashboard, "The dashboard");
    add("/dashboard/{page}", dashboard, "A view of the dashboard");
    add("/dashboard/assets/{file}", dashboard_file, "A file of the dashboard");
    add("/dashboard/settings.json", dashboard_settings, "What the dashboard is told");
  }
  if (config.swagger.enabled) {
    add("/", api_page, "The API page");
    add("/-page/{file}", api_page_file, "A file of the API page");
    add("/-json", document, "OpenAPI 3.1 document");
    add("/-yaml", yaml_document, "OpenAPI 3.1 document as YAML");
  }
}

}  // namespace waxwing::api
