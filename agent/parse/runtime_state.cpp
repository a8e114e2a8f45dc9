// parse/runtime_state.cpp - what runc (state.json) and crun (status) note of a process.
#include "parse/runtime_state.h"

#include "parse/json.h"

namespace limpet::parse {

Result<RuntimeState> runtime_state(std::string_view text) {
    const auto json = TRY(parse::json(text));
    const bool crun = json["process-start-time"].integer().has_value();
    const auto pid = json[crun ? "pid" : "init_process_pid"].integer().value_or(0);
    const auto start = json[crun ? "process-start-time" : "init_process_start"].integer();
    if (pid <= 0 || pid > INT32_MAX || start.value_or(-1) < 0) {
        return refused("state", "neither runc's nor crun's record of a process");
    }
    RuntimeState state;
    state.pid = static_cast<pid_t>(pid);
    state.start = static_cast<std::uint64_t>(*start);
    state.created = json["created"].string();
    state.bundle = json["bundle"].string();
    for (const auto& item : json["config"]["labels"].items) {
        const auto label = item.string();
        const auto equals = label.find('=');
        if (equals == label.npos) continue;
        if (label.starts_with("bundle=")) {
            state.bundle = label.substr(equals + 1);
        } else {
            add_label(state.annotations, label.substr(0, equals), label.substr(equals + 1));
        }
    }
    return state;
}

}  // namespace limpet::parse
