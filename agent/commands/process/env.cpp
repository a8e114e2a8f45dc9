// env.cpp - print environments, or run a command in another one.
#include "commands/json.h"
#include "commands/run.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// What the words before the command say.
struct Request {
    std::vector<std::string> environment;
    std::vector<std::string> words;  // the command and its arguments, or process ids
    bool changed = false;
    bool null = false;
    bool json = false;
};

// Commands run confined to their promises; env itself has no right to look into a process.
int run_child(Invocation& call, std::string_view name, std::vector<std::string> arguments,
              std::vector<std::string> environment) {
    const auto* command = find(name);
    if (!command) {
        call.complain(std::string(name) + ": there is no such command");
        return not_found;
    }
    call.out.flush();
    const auto status = commands::run_child({.command = *command,
                                             .arguments = std::move(arguments),
                                             .target = call.target,
                                             .directory = call.directory,
                                             .environment = std::move(environment)});
    if (!status) {
        call.complain(status.error());
        return not_allowed;
    }
    return *status;
}

void assign(std::vector<std::string>& environment, const std::string& word) {
    const auto name = word.substr(0, word.find('=') + 1);
    const auto place = std::ranges::find_if(
        environment, [&](const std::string& entry) { return entry.starts_with(name); });
    if (place != environment.end()) {
        *place = word;
    } else {
        environment.push_back(word);
    }
}

// Options end at the first word that is none: those behind it are the command's.
Result<Request> read_request(const Invocation& call) {
    Request request{.environment = call.environment};
    const auto& words = call.operands;
    std::size_t at = 0;
    for (; at < words.size() && words[at].starts_with('-'); ++at) {
        const auto& word = words[at];
        if (word == "--") {
            ++at;
            break;
        }
        if (word == "-i" || word == "-" || word == "--ignore-environment") {
            request.environment.clear();
            request.changed = true;
        } else if (word == "-0" || word == "--null") {
            request.null = true;
        } else if (word == "-ojson" || word == "--output=json") {
            request.json = true;
        } else if (word == "-u" || word == "-o") {
            if (++at == words.size()) return refused("option", word + " needs a value");
            if (word == "-o") {
                request.json = words[at] == "json";
                continue;
            }
            std::erase_if(request.environment, [&](const std::string& entry) {
                return entry.starts_with(words[at] + "=");
            });
            request.changed = true;
        } else {
            return refused("option", "there is no option " + word);
        }
    }
    for (; at < words.size() && words[at].find('=', 1) != std::string::npos; ++at) {
        assign(request.environment, words[at]);
        request.changed = true;
    }
    request.words.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    return request;
}

void print(Invocation& call, const Request& request) {
    for (std::string_view rest : request.environment) {
        if (!request.json) {
            call.out.write(rest);
            call.out.put(request.null ? '\0' : '\n');
            continue;
        }
        const auto name = parse::take(rest, '=');
        JsonObject().text("name", name).text("value", rest).line(call.out);
    }
}

int run(Invocation& call) {
    auto request = read_request(call);
    if (!request) return call.misused(text(request.error()));
    auto& words = request->words;
    const bool pids = std::ranges::all_of(
        words, [](const std::string& word) { return parse::number<pid_t>(word).has_value(); });
    if (!pids) {
        const auto name = words.front();
        words.erase(words.begin());
        return run_child(call, name, std::move(words), std::move(request->environment));
    }
    if (words.empty() && (request->changed || call.target.mode == target::Mode::here)) {
        print(call, *request);
        return call.status;
    }
    if (request->json) words.insert(words.begin(), "--output=json");
    if (request->null) words.insert(words.begin(), "--null");
    return run_child(call, "environ", std::move(words), call.environment);
}

// For the help and the completion; env reads its words itself.
constexpr Option options[]{
    {'0', "null", "", "end each with a NUL instead of a newline"},
    {'i', "ignore-environment", "", "begin with an empty environment"},
    {'u', "", "NAME", "without that variable"},
    json_option,
};

constexpr Command env{
    .name = "env",
    .usage = "[-0] [-o json] [PID...]  or  env [-i] [-u NAME] [NAME=VALUE...] COMMAND [ARG...]",
    .summary = "print the environment of processes, or run a command in another one",
    .theme = "process",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process, as environ prints it. Where there is no\n"
        "target but the place we stand in, and after -i, -u or NAME=VALUE, it is the session's\n"
        "own environment. COMMAND is one of limpet's commands.\n"
        "JSON fields: pid (of a process only), name, value.\n"
        "\nExamples:\n  env 1\n  env -i LANG=C date\n",
    .raw = true,
    .runs_commands = true,
};
const Register registered{env};

}  // namespace
}  // namespace limpet::commands
