// runtimes/runc.cpp - containers that runc or crun run without anything above them.
#include "runtimes/runc.h"

#include "parse/runtime_state.h"

#include <algorithm>
#include <array>

namespace limpet::runtimes::runc {
namespace {

struct Program {
    const char* name;
    const char* root;
    const char* file;
};
constexpr std::array programs{Program{"runc", "/run/runc", "/state.json"},
                              Program{"crun", "/run/crun", "/status"}};

void list_program(const Survey& survey, const Program& program, const std::vector<Container>& known,
                  Found& found) {
    for (const auto& id :
         entries(survey.node(), program.root).value_or(std::vector<std::string>{})) {
        // podman and CRI-O keep their containers there as well.
        if (std::ranges::any_of(known, [&](const Container& c) { return c.id == id; })) continue;
        const auto path = std::string(program.root) + "/" + id + program.file;
        const auto text = read_state(survey.node(), path, state_limit);
        if (!text) continue;
        const auto state = parse::runtime_state(*text);
        if (!state) {
            found.warnings.push_back(std::string(program.name) + ": " + id.substr(0, 12) + ": " +
                                     limpet::text(state.error()));
            continue;
        }
        Container container;
        container.runtime = program.name;
        container.id = container.name = id;
        container.labels = state->annotations;
        const auto who = parse::identity(container.labels);
        container.pod = who.pod;
        container.container = who.container;
        container.infra = who.infra;
        container.image = who.image;
        container.started = state->created;
        container.state = "stopped";
        if (const auto start = verified(survey, {.pid = state->pid, .start = state->start})) {
            container.pid = state->pid;
            container.start_time = *start;
            container.state = "running";
        }
        found.containers.push_back(std::move(container));
    }
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& known, Found& found) {
    for (const auto& program : programs) list_program(survey, program, known, found);
}

}  // namespace limpet::runtimes::runc
