// list.cpp - limpet ps in a cluster.
#include "attach/kube/list.h"

#include "attach/kube/kubectl.h"
#include "attach/kube/pod.h"
#include "attach/report.h"
#include "attach/sanitiser.h"

#include <boost/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>

namespace limpet::attach::kube {
namespace {

namespace json = boost::json;

// A container's part of the list; the names are those of `limpet ps -o json` on a node.
struct Row {
    std::string id, name, pod, image, state, started;
};

std::string short_id(std::string_view id) {
    const auto scheme = id.find("://");
    return std::string(scheme == std::string_view::npos ? id : id.substr(scheme + 3));
}

std::vector<Row> rows_of(const std::vector<Pod>& pods, bool all, bool every_namespace) {
    std::vector<Row> rows;
    for (const auto& pod : pods) {
        for (const auto& part : pod.containers) {
            if (!all && part.state != Part::State::running) continue;
            std::string name = pod.name;
            if (pod.containers.size() > 1) name += '/' + part.name;
            if (every_namespace) name = "pod:" + pod.name_space + '/' + pod.name + '/' + part.name;
            rows.push_back({short_id(part.id), std::move(name), pod.name_space + '/' + pod.name,
                            part.image, state_of(part), part.started});
        }
    }
    return rows;
}

std::string json_lines(const std::vector<Row>& rows) {
    std::string text;
    const auto or_null = [](const std::string& value) {
        return value.empty() ? json::value() : json::value(json::string(value));
    };
    for (const auto& row : rows) {
        const json::object line{{"id", row.id},
                                {"name", row.name},
                                {"runtime", "kubernetes"},
                                {"pod", row.pod},
                                {"image", or_null(row.image)},
                                {"pid", nullptr},
                                {"state", row.state},
                                {"started", or_null(row.started)}};
        text += json::serialize(line) + '\n';
    }
    return text;
}

std::string table(const std::vector<Row>& rows, bool wide) {
    std::vector<std::vector<std::string>> lines{{"NAME", "IMAGE", "STATE", "STARTED"}};
    if (wide) lines.front().insert(lines.front().begin() + 1, {"POD", "ID"});
    for (const auto& row : rows) {
        lines.push_back({row.name, row.image, row.state, row.started});
        if (wide) lines.back().insert(lines.back().begin() + 1, {row.pod, row.id});
    }
    std::vector<std::size_t> widths(lines.front().size());
    for (auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            line[i] = one_line(line[i].empty() ? "-" : line[i]);
            widths[i] = std::max(widths[i], line[i].size());
        }
    }
    std::string text;
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            text += line[i];
            if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
        }
        text += '\n';
    }
    return text;
}

}  // namespace

int list_containers(const Arguments& arguments, std::string_view host) {
    const auto kubectl = kubectl_of(arguments, host);
    const bool everywhere = arguments.has("all-namespaces");
    std::vector<std::string> words{"get", "pods", "-o", "json"};
    if (everywhere) words.emplace_back("--all-namespaces");
    const auto text = kubectl.ask("list pods", words);
    if (!text) return report("ps", text.error());
    const auto pods = pods_of(*text);
    if (!pods) return report("ps", pods.error());
    const auto rows = rows_of(*pods, arguments.has("all"), everywhere);
    const auto format = arguments.value("output").value_or("table");
    const auto printed =
        print(1, format == "json" ? json_lines(rows) : table(rows, format == "wide"));
    return printed ? 0 : report("ps", printed.error());
}

}  // namespace limpet::attach::kube
