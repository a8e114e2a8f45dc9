// diff_verb.cpp - limpet diff: what has changed in the target's files since its image.
#include "attach/report.h"
#include "attach/start.h"

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (arguments.operands.empty()) return misused(diff, "TARGET is missing");
    const auto format = arguments.value("output").value_or("table");
    if (format != "json" && format != "table") return misused(diff, "-o takes table or json");
    const auto& target = arguments.operands.front();
    auto open = session_of(arguments, target);
    if (!open) return misused(diff, text(open.error()));
    auto& words = open->arguments;
    words = {"changes"};
    if (arguments.has("content")) words.emplace_back("--content");
    if (arguments.has("times")) words.emplace_back("--times");
    if (arguments.has("quiet")) words.emplace_back("--quiet");
    if (format == "json") {
        words.insert(words.end(), {"-o", "json"});
    } else {
        words.emplace_back("--short");
    }
    words.emplace_back("--");
    words.insert(words.end(), arguments.operands.begin() + 1, arguments.operands.end());
    return run_on(arguments, "diff " + target, *std::move(open));
}

constexpr Option options[] = {
    {0, "content", "", "and the lines of text that differ, as diff -u has them"},
    {0, "times", "", "since the target started, by the times of its files"},
};

}  // namespace

constexpr Verb diff{
    .name = "diff",
    .usage = "[--content] [--times] [-o json] TARGET [PATH...]",
    .summary = "what has changed in the target's files since its image",
    .options = options,
    .help =
        "A was added, C changed, D deleted, as docker diff has it: the container's own layer "
        "beside "
        "those\n"
        "of its image, where the node keeps them as an overlay. Elsewhere by the times of the "
        "files,\n"
        "since the main process started, and all are C. Which of the two is said on standard "
        "error\n"
        "(-q: not). With -o json a line for each: change, kind, size, time, path, by (layers or "
        "times).\n"
        "\n"
        "  limpet diff web\n"
        "  limpet diff --content web /etc\n"
        "  limpet diff -o json web | jq -r .path\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
