// demo.cpp - limpet demo: a container without a shell, and a session in it.
#include "attach/demo_container.h"
#include "attach/report.h"
#include "attach/start.h"

#include <unistd.h>

namespace limpet::attach {
namespace {

using Words = std::vector<std::string>;

// What is shown when nobody is there to type.
const Words script[] = {
    {"ls", "-l", "/"},
    {"ps"},
    {"cat", "/data/orders.csv"},
    {"sh", "-c", "tail -n +2 /data/orders.csv | grep ada | wc -l"},
    {"ss", "-tln"},
    {"id"},
    {"info"},
};

std::string quoted(const std::string& word) {
    return word.find_first_of(" '|*\"$") == std::string::npos ? word : '\'' + word + '\'';
}

int run_script(const Arguments& arguments, const std::string& target) {
    int worst = 0;
    for (const auto& words : script) {
        std::string line = "\n$ limpet exec " + target + " --";
        for (const auto& word : words) line += ' ' + quoted(word);
        if (auto printed = print(1, line + '\n'); !printed) return report("demo", printed.error());
        auto open = session_of(arguments, target);
        if (!open) return misused(demo, text(open.error()));
        open->arguments = words;
        const int status = run_on(arguments, "exec " + target, *std::move(open));
        if (status != 0) worst = status;
    }
    return worst;
}

int run(const Arguments& arguments) {
    if (!arguments.operands.empty()) return misused(demo, "it takes no operands");
    const auto container = DemoContainer::start();
    if (!container) return report("demo", container.error());
    const auto target = "pid:" + std::to_string(container->pid());
    const bool interactive = ::isatty(0) == 1 && ::isatty(1) == 1;
    if (!arguments.has("quiet")) {
        const auto note =
            "This is " + target +
            ", a container of one static program: no shell, no libc, read-only, uid 65532.\n" +
            (interactive ? "The shell and every command come with limpet. Ctrl-D ends it and the "
                           "container.\n"
                         : "The shell and every command come with limpet, from outside:\n");
        if (auto printed = print(1, note); !printed) return report("demo", printed.error());
    }
    if (!interactive) return run_script(arguments, target);
    auto open = session_of(arguments, target);
    if (!open) return misused(demo, text(open.error()));
    open->tty = true;
    return run_on(arguments, "demo", *std::move(open));
}

constexpr Option options[] = {allow_option, allow_only_option, scratch_option};

}  // namespace

constexpr Verb demo{
    .name = "demo",
    .usage = "[--allow GRANTS] [--allow-only GRANTS]",
    .summary = "a throw-away container without a shell, and a session in it",
    .options = options,
    .help =
        "Needs root and no container runtime. Without a terminal it runs a few commands and shows\n"
        "what they print. Nothing is left of the container when the session ends.\n",
    .run = run,
};

constexpr Verb demo_app{
    .name = "demo-app",
    .summary = "the program inside of the container of limpet demo",
    .hidden = true,
    .run = [](const Arguments&) { return run_demo_application(); },
};

}  // namespace limpet::attach
