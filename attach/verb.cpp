// verb.cpp - the verbs of the command line.
#include "attach/verb.h"

#include "attach/report.h"
#include "attach/sanitiser.h"

#include <errno.h>

#include <algorithm>
#include <array>

namespace limpet::attach {
namespace {

constexpr std::array all{&ps,         &attach_verb,  &exec,    &cp,           &export_verb,
                         &diff,       &forward_verb, &capture, &doctor,       &replay,
                         &verify,     &node_verb,    &demo,    &version_verb, &help,
                         &completion, &complete,     &demo_app};

constexpr std::string_view reserved[] = {"core", "collect", "report", "triage"};

std::string usage_line(const Verb& verb) {
    return program_name() + ' ' + std::string(verb.name) + (verb.usage.empty() ? "" : " ") +
           std::string(verb.usage) + '\n';
}

void list_options(std::span<const Option> options, std::string& text) {
    for (const auto& option : options) {
        std::string left = option.letter ? std::string("  -") + option.letter : "    ";
        if (!option.name.empty()) {
            left += option.letter ? ", --" : "  --";
            left += option.name;
        }
        if (!option.argument.empty()) left += ' ' + std::string(option.argument);
        left.resize(std::max<std::size_t>(left.size() + 1, 26), ' ');
        text += left + std::string(option.help) + '\n';
    }
}

}  // namespace

std::string program_name() {
    return is_plugin(::program_invocation_short_name) ? "kubectl limpet" : "limpet";
}

bool is_plugin(std::string_view name) { return name == "kubectl-limpet"; }

std::span<const Verb* const> verbs() { return all; }

const Verb* find_verb(std::string_view name) {
    const auto found =
        std::ranges::find_if(all, [&](const Verb* verb) { return verb->name == name; });
    return found == all.end() ? nullptr : *found;
}

bool is_reserved(std::string_view name) {
    return std::ranges::find(reserved, name) != std::end(reserved);
}

std::string cluster_options() {
    std::string text = "\noptions in a cluster:\n";
    list_options(kube_options, text);
    return text;
}

std::string help_text(const Verb& verb) {
    std::string text = usage_line(verb) + std::string(verb.summary) + '\n';
    if (!verb.options.empty()) {
        text += "\noptions:\n";
        list_options(verb.options, text);
    }
    text += "\noptions of every verb:\n";
    list_options(global_options, text);
    if (verb.in_cluster || is_plugin(::program_invocation_short_name)) {
        text += cluster_options();
    } else if (verb.targets) {
        text += "\n`kubectl limpet help VERB` lists the options for --host kube:\n";
    }
    if (!verb.help.empty()) text += '\n' + std::string(verb.help);
    return text;
}

int misused(const Verb& verb, std::string_view problem) {
    // The problem quotes what was typed, or pasted, and the terminal must not act on that.
    (void)print(2, one_line("limpet: " + std::string(verb.name) + ": " + std::string(problem)) +
                       "\nusage: " + usage_line(verb));
    return misuse;
}

}  // namespace limpet::attach
